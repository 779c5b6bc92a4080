import { mkdtemp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CounterweightError } from '@counterweight/core';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { readImageFolder } from './image-folder.js';
import { readLabelTable } from './label-table.js';
import { options, type FolderOptions } from './options.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'images-'));
});
afterEach(() => rm(folder, { recursive: true }));

const silent = { info: () => undefined, warn: () => undefined };

async function decode(names: readonly string[], given: Partial<FolderOptions> = {}) {
  const lines = names.map((name) => `"${name}",x\n`).join('');
  const table = await readLabelTable(new TextEncoder().encode(`image,labels\n${lines}`), 'labels.csv', '|');
  const parsed = options.parse({ images: '.', labels: '.', size: 8, ...given });
  return readImageFolder(folder, table, parsed as FolderOptions, silent);
}

async function refused(names: readonly string[]): Promise<CounterweightError> {
  const error: unknown = await decode(names).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(error instanceof CounterweightError)) throw new Error('not refused', { cause: error });
  expect(error.exit).toBe(3);
  return error;
}

/** An image of one colour; alpha from 0 to 1. */
const plain = (width: number, height: number, r: number, g: number, b: number, alpha?: number) =>
  sharp({
    create: { width, height, channels: alpha === undefined ? 3 : 4, background: { r, g, b, alpha: alpha ?? 1 } },
  });

test('PNG, JPEG and WebP, told by content and not by name, in the order of the table', async () => {
  await plain(8, 8, 200, 0, 0).jpeg({ quality: 100 }).toFile(join(folder, 'a.jpg'));
  await writeFile(join(folder, 'b.jpg'), await plain(8, 8, 0, 200, 0).png().toBuffer());
  await mkdir(join(folder, 'sub'));
  await plain(8, 8, 0, 0, 200)
    .webp({ lossless: true })
    .toFile(join(folder, 'sub', 'c.webp'));
  const { pixels, channels, height, width } = await decode(['sub/c.webp', 'b.jpg', 'a.jpg']);
  expect([channels, height, width]).toEqual([3, 8, 8]);
  const centre = (image: number) => [...pixels.subarray(image * 192 + 96, image * 192 + 99)];
  expect(centre(0)).toEqual([0, 0, 200]);
  expect(centre(1)).toEqual([0, 200, 0]);
  const [r = 0, g = 0, b = 0] = centre(2);
  expect(Math.max(Math.abs(r - 200), g, b)).toBeLessThan(5);
});

test('transparency is white, half transparency half white', async () => {
  await plain(8, 8, 0, 0, 0, 0).png().toFile(join(folder, 'clear.png'));
  await plain(16, 16, 0, 0, 0, 0.5).png().toFile(join(folder, 'half.png'));
  const { pixels, channels } = await decode(['clear.png', 'half.png']);
  expect(channels).toBe(1);
  expect(new Set(pixels.subarray(0, 64))).toEqual(new Set([255]));
  const half = pixels.subarray(64);
  expect(Math.min(...half)).toBeGreaterThanOrEqual(126);
  expect(Math.max(...half)).toBeLessThanOrEqual(128);
});

test('a wide image is fitted whole, centred on white', async () => {
  await plain(32, 16, 0, 0, 0).png().toFile(join(folder, 'wide.png'));
  const { pixels } = await decode(['wide.png']);
  expect([...pixels.filter((_, i) => i % 8 === 4)]).toEqual([255, 255, 0, 0, 0, 0, 255, 255]);
});

test('an image is turned as its camera says', async () => {
  // Stored lying: left half black; orientation 6 means "turn clockwise", so black comes to the top.
  const left = await plain(4, 8, 0, 0, 0).png().toBuffer();
  await plain(8, 8, 255, 255, 255)
    .composite([{ input: left, left: 0, top: 0 }])
    .withMetadata({ orientation: 6 })
    .png()
    .toFile(join(folder, 'turned.png'));
  const { pixels } = await decode(['turned.png']);
  expect([...pixels.filter((_, i) => i % 8 === 0)]).toEqual([0, 0, 0, 0, 255, 255, 255, 255]);
});

test('one channel only when every image is grey, or when asked', async () => {
  await plain(8, 8, 90, 90, 90).png().toFile(join(folder, 'grey.png'));
  await plain(8, 8, 90, 90, 91).png().toFile(join(folder, 'tinted.png'));
  expect((await decode(['grey.png'])).channels).toBe(1);
  expect((await decode(['grey.png', 'tinted.png'])).channels).toBe(3);
  expect((await decode(['grey.png'], { channels: 3 })).pixels).toEqual(new Uint8Array(192).fill(90));
  expect((await decode(['tinted.png'], { channels: 1 })).pixels).toEqual(new Uint8Array(64).fill(90));
});

test('sixteen bits, palettes and grey with alpha become eight bits on white', async () => {
  const wide = Uint16Array.from({ length: 64 }, () => 0x8080);
  await sharp(wide, { raw: { width: 8, height: 8, channels: 1 } })
    .toColourspace('grey16')
    .png()
    .toFile(join(folder, 'wide.png'));
  await plain(8, 8, 128, 128, 128).png({ palette: true }).toFile(join(folder, 'palette.png'));
  const greyAlpha = Uint8Array.from({ length: 128 }, (_, i) => (i % 2 === 0 ? 128 : 255));
  await sharp(greyAlpha, { raw: { width: 8, height: 8, channels: 2 } })
    .png()
    .toFile(join(folder, 'alpha.png'));
  const { pixels, channels } = await decode(['wide.png', 'palette.png', 'alpha.png']);
  expect(channels).toBe(1);
  expect(new Set(pixels)).toEqual(new Set([128]));
});

test('missing images are all told before one is decoded', async () => {
  await writeFile(join(folder, 'broken.png'), 'no image');
  await mkdir(join(folder, 'sub'));
  const error = await refused(['a.png', 'broken.png', 'sub', 'b.png']);
  expect(error.code).toBe('images-missing');
  expect(error.place).toEqual({ file: 'labels.csv', line: 2 });
  expect(error.found).toContain('3 problems');
  expect(error.found).toContain('labels.csv:4: "sub" is not a file');
  expect(error.found).toContain('labels.csv:5: "b.png" is not there');
});

test('unreadable images are all told: empty, cut short, of another kind', async () => {
  const noise = await sharp({
    create: {
      width: 64,
      height: 64,
      channels: 3,
      background: 'black',
      noise: { type: 'gaussian', mean: 128, sigma: 60 },
    },
  })
    .png()
    .toBuffer();
  await writeFile(join(folder, 'whole.png'), noise);
  await writeFile(join(folder, 'cut.png'), noise.subarray(0, noise.length / 2));
  await writeFile(join(folder, 'cut.jpg'), (await sharp(noise).jpeg().toBuffer()).subarray(0, 700));
  await writeFile(join(folder, 'empty.png'), '');
  await writeFile(join(folder, 'drawing.png'), '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
  const error = await refused(['whole.png', 'cut.png', 'cut.jpg', 'empty.png', 'drawing.png']);
  expect(error.code).toBe('images-unreadable');
  expect(error.found).toContain('4 problems');
  expect(error.found).toMatch(/labels.csv:3: "cut.png": .+\n.+labels.csv:4: "cut.jpg": .+/);
  expect(error.found).toContain('labels.csv:5: "empty.png": an empty file');
  expect(error.found).toContain('labels.csv:6: "drawing.png": not a PNG, JPEG or WebP file');
});

test('nothing outside the folder is read, however the table spells it', async () => {
  await mkdir(join(folder, 'inside'));
  await plain(8, 8, 0, 0, 0).png().toFile(join(folder, 'secret.png'));
  folder = join(folder, 'inside');
  try {
    for (const name of ['../secret.png', 'x/../../secret.png', join(folder, '../secret.png'), '..', '.', '/']) {
      const error = await refused([name]);
      expect(error.code).toBe('table-rows-invalid');
      expect(error.found).toContain('leads out of the folder');
    }
  } finally {
    folder = join(folder, '..');
  }
});

test('one file under two names is one image twice', async () => {
  await plain(8, 8, 0, 0, 0).png().toFile(join(folder, 'a.png'));
  expect((await refused(['a.png', './a.png'])).found).toContain('"./a.png" again (first at line 2)');
});

test('a link that leads nowhere is a missing image', async () => {
  await symlink(join(folder, 'gone.png'), join(folder, 'link.png'));
  expect((await refused(['link.png'])).code).toBe('images-missing');
});
