/** Images a second on a first start, seconds of a second one, and of reading an epoch: `npm run bench -- [images] [mixed]`. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { randomStream, shuffle } from '@counterweight/core';
import images from '@counterweight/data-images';
import sharp from 'sharp';

const count = Number(process.argv[2] ?? 20_000);
const mixed = process.argv[3] === 'mixed';
const base = mkdtempSync(join(tmpdir(), 'decode-'));

/** Smooth noise that compresses as photographs do; mixed: JPEG, PNG and WebP of 200 to 800 pixels in sub-folders. */
async function make(i) {
  const side = mixed ? 200 + 60 * (i % 11) : 256;
  const random = randomStream(i);
  const raw = Uint8Array.from({ length: 32 * 32 * 3 }, () => random.integer(256));
  const format = mixed ? ['jpeg', 'png', 'webp'][i % 3] : 'jpeg';
  const name = `${i % 20}/${i}.${format}`;
  const image = sharp(raw, { raw: { width: 32, height: 32, channels: 3 } }).resize(side, side, { kernel: 'cubic' });
  await image.toFormat(format).toFile(join(base, name));
  return `${name},${'abcdefgh'[i % 8]}`;
}

try {
  for (let i = 0; i < 20; i++) mkdirSync(join(base, String(i)));
  const rows = [];
  const queue = Array(count).keys();
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (const i of queue) rows.push(await make(i));
    }),
  );
  writeFileSync(join(base, 'labels.csv'), ['image,labels', ...rows].join('\n'));
  await new Promise((done) => setTimeout(done, 3000)); // files that changed just now are hashed again

  const logger = { info: () => undefined, warn: console.warn };
  const options = images.options.parse({ images: '.', labels: 'labels.csv', cache: 'cache' });
  for (const start of ['first', 'second', 'third']) {
    const began = performance.now();
    const cpu = process.cpuUsage();
    const dataset = await images.create(options, base, randomStream(1), logger, null);
    const seconds = (performance.now() - began) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const work = (user + system) / 1e6;
    console.log(`${start} start: ${seconds.toFixed(2)} s, ${(count / seconds).toFixed(0)} images a second`);
    console.log(`  ${work.toFixed(2)} s of processor time, ${(count / work).toFixed(0)} images a second of it`);
    const order = shuffle(
      Int32Array.from({ length: count }, (_, i) => i),
      randomStream(2),
    );
    const into = new Uint8Array(64 * 64 * 64 * 3);
    const reading = performance.now();
    for (let at = 0; at + 64 <= count; at += 64) await dataset.read(order.subarray(at, at + 64), into);
    const each = (performance.now() - reading) / Math.floor(count / 64);
    console.log(`  reading batches of 64 in random order: ${each.toFixed(2)} ms each`);
    await dataset.close();
  }
  console.log(`resident memory at most ${(process.resourceUsage().maxRSS / 1e3).toFixed(0)} MB`);
} finally {
  rmSync(base, { recursive: true });
}
