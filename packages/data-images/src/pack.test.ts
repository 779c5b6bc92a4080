import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { CounterweightError } from '@counterweight/core';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { readPack } from './pack.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pack-'));
});
afterEach(() => rm(folder, { recursive: true }));

const pixels = Uint8Array.from({ length: 3 * 2 * 4 }, (_, i) => i * 10);
const table = 'image,split,labels\na,train,x|y\nb,val,x\nc,test,y\n';
const meta = {
  width: 4,
  height: 2,
  channels: 1,
  count: 3,
  classes: 2,
  imagesSha256: createHash('sha256').update(pixels).digest('hex'),
  files: { images: 'images.u8.gz', labels: 'labels.csv' },
};

async function write(change: {
  readonly meta?: object | string;
  readonly images?: Uint8Array | null;
  readonly labels?: string | Uint8Array;
}): Promise<void> {
  const { images = gzipSync(pixels), labels = table } = change;
  const json = typeof change.meta === 'string' ? change.meta : JSON.stringify({ ...meta, ...change.meta });
  await writeFile(join(folder, 'meta.json'), json);
  await writeFile(join(folder, typeof labels === 'string' ? 'labels.csv' : 'labels.csv.gz'), labels);
  if (images) await writeFile(join(folder, 'images.u8.gz'), images);
}

test('pixels, shape and splits; val is validation', async () => {
  await write({});
  const { pictures, table } = await readPack(folder);
  expect(pictures).toEqual({ pixels: Buffer.from(pixels), height: 2, width: 4, channels: 1 });
  expect(table.rows.map(({ image, split }) => [image, split])).toEqual([
    ['a', 'train'],
    ['b', 'validation'],
    ['c', 'test'],
  ]);
});

test('a gzipped table and images that are not', async () => {
  await write({
    labels: gzipSync(table),
    meta: { files: { images: 'images.u8', labels: 'labels.csv.gz' } },
    images: null,
  });
  await writeFile(join(folder, 'images.u8'), pixels);
  const { pictures, table: read } = await readPack(folder);
  expect(Uint8Array.from(pictures.pixels)).toEqual(pixels);
  expect(read.rows).toHaveLength(3);
});

test.each([
  ['another hash', { images: gzipSync(pixels.map((value) => value ^ 1)) }, 'images.u8.gz', 'sha256'],
  ['too few bytes', { images: gzipSync(pixels.subarray(1)) }, 'images.u8.gz', '23 bytes'],
  ['too many bytes', { images: gzipSync(new Uint8Array(1e6)) }, 'images.u8.gz', '24'],
  ['no gzip', { images: pixels }, 'images.u8.gz', 'header'],
  ['cut short', { images: gzipSync(pixels).subarray(0, 20) }, 'images.u8.gz', 'end of file'],
  ['no images', { images: null }, 'images.u8.gz', 'no such file'],
  ['another count', { meta: { count: 4 } }, 'labels.csv', '3 rows'],
  ['a path for a name', { meta: { files: { images: '../x', labels: 'labels.csv' } } }, 'meta.json', 'files.images'],
  ['no width', { meta: { width: undefined } }, 'meta.json', 'width'],
  ['two channels', { meta: { channels: 2 } }, 'meta.json', 'channels'],
  ['no JSON', { meta: '{' }, 'meta.json', 'JSON'],
])('%s is refused', async (_, change, file, found) => {
  await write(change);
  const error: unknown = await readPack(folder).catch((error: unknown) => error);
  if (!(error instanceof CounterweightError)) throw new Error('not refused', { cause: error });
  expect([error.code, error.exit, error.place?.file]).toEqual(['pack-invalid', 3, join(folder, file)]);
  expect(error.message).toContain(found);
});

test('a folder that is no pack', async () => {
  await expect(readPack(folder)).rejects.toThrow('meta.json');
});
