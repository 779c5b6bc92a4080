/** The laws of data sets, on folders of images and on a pack. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { BASE_FOLDER } from '@counterweight/core';
import { datasetConformance } from '@counterweight/testing';
import sharp from 'sharp';
import { afterAll, describe, test } from 'vitest';

import plugin from './index.js';

const base = await mkdtemp(join(tmpdir(), 'conformance-'));
afterAll(() => rm(base, { recursive: true }));

const rows = await Promise.all(
  Array.from({ length: 20 }, async (_, i) => {
    const background = { r: i * 12, g: 90, b: 255 - i };
    const name = `${i}.${i % 2 ? 'png' : 'webp'}`;
    await sharp({ create: { width: 9 + i, height: 12, channels: 3, background } }).toFile(join(base, name));
    return [name, `${i % 2 ? 'odd' : 'even'}${i % 5 ? '' : '|five'}`, i % 3 ? '' : 'two', `${i % 4}`];
  }),
);
await writeFile(join(base, 'two.csv'), ['image,labels', ...rows.map((row) => row.slice(0, 2).join(','))].join('\n'));
await writeFile(join(base, 'all.csv'), ['image,labels,unknown,weight', ...rows.map((row) => row.join(','))].join('\n'));

const folder = { images: '.', labels: 'two.csv', size: 8 };
datasetConformance({
  test,
  plugin,
  provide: [[BASE_FOLDER, base]],
  options: [
    folder,
    { ...folder, cache: null, fit: 'cover', channels: 1 },
    { ...folder, labels: 'all.csv', strict: false },
  ],
  others: [
    { ...folder, size: 16 },
    { ...folder, fit: 'stretch' },
    { ...folder, splits: { train: 0.5, test: 0.4 } },
  ],
  unlabelled: base,
});

const shared = fileURLToPath(new URL('../../../../shared/data/', import.meta.url));
const skipped = !existsSync(shared);
if (skipped) console.log(`skipped: a pack, ${shared} is absent`);

describe.skipIf(skipped)('a pack', () => {
  datasetConformance({
    test,
    plugin,
    provide: [[BASE_FOLDER, shared]],
    options: [{ pack: 'test-sample' }],
    others: [{ pack: 'openmoji-sample' }],
    unlabelled: join(shared, 'test-sample'),
  });
});
