import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { CounterweightError } from '@counterweight/core';
import { afterEach, beforeEach, expect, test } from 'vitest';

import type { ImageSource } from './image-source.js';
import { openPackImages } from './pack-images.js';
import { readPack, type PackMetadata } from './pack.js';

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

const reading = { separator: '|', unlisted: 'negative', strict: true } as const;
const open = (): Promise<ImageSource> => readPack(folder, reading, null);

async function pixelsOf({ read, close }: Pick<ImageSource, 'read' | 'close'>): Promise<Uint8Array> {
  const into = new Uint8Array(pixels.length);
  await read(Int32Array.of(0, 1, 2), into);
  await close();
  return into;
}

test('pixels, shape and splits; val is validation', async () => {
  await write({});
  const source = await open();
  expect(source.shape).toEqual([2, 4, 1]);
  expect(source.table.ids).toEqual(['a', 'b', 'c']);
  expect([...source.table.splits!]).toEqual([0, 1, 2]);
  const floats = new Float32Array(16);
  await source.read(Int32Array.of(2, 0), floats);
  expect([...floats]).toEqual([...pixels.subarray(16), ...pixels.subarray(0, 8)]);
  expect(await pixelsOf(source)).toEqual(pixels);
});

test('a pack that was closed is refused, not read as black images', async () => {
  await write({});
  const source = await open();
  await source.close();
  await expect(pixelsOf(source)).rejects.toThrow('images.u8.gz is closed');
});

test('a gzipped table and images that are not', async () => {
  await write({
    labels: gzipSync(table),
    meta: { files: { images: 'images.u8', labels: 'labels.csv.gz' } },
    images: null,
  });
  await writeFile(join(folder, 'images.u8'), pixels);
  const source = await open();
  expect(source.table.ids).toHaveLength(3);
  expect(await pixelsOf(source)).toEqual(pixels);
});

test('images that are too large for memory are unpacked into the cache, once, and hashed each time', async () => {
  await write({});
  const images = join(folder, 'images.u8.gz');
  const cache = join(folder, 'cache');
  const unpacked = () => openPackImages(images, meta as PackMetadata, cache, 10);
  expect(await pixelsOf(await unpacked())).toEqual(pixels);
  expect(await readdir(join(cache, 'packs'))).toEqual([`${meta.imagesSha256}.u8`]);
  expect(await pixelsOf(await unpacked())).toEqual(pixels);
  await writeFile(
    join(cache, 'packs', `${meta.imagesSha256}.u8`),
    pixels.map((value) => value ^ 1),
  );
  await expect(unpacked()).rejects.toMatchObject({ code: 'pack-invalid' });
  expect(await pixelsOf(await unpacked())).toEqual(pixels);
  await write({ images: gzipSync(new Uint8Array(1e5)) });
  const another = { ...meta, imagesSha256: meta.imagesSha256.replace(/^./, 'x') } as PackMetadata;
  await expect(openPackImages(images, another, cache, 10)).rejects.toThrow('more bytes');
  expect(await readdir(join(cache, 'packs'))).toHaveLength(1);
  await expect(openPackImages(images, meta as PackMetadata, null, 10)).rejects.toMatchObject({
    code: 'images-too-many',
  });
});

test.each([
  ['another hash', { images: gzipSync(pixels.map((value) => value ^ 1)) }, 'images.u8.gz', 'sha256'],
  ['too few bytes', { images: gzipSync(pixels.subarray(1)) }, 'images.u8.gz', '23 bytes'],
  ['too many bytes', { images: gzipSync(new Uint8Array(1e6)) }, 'images.u8.gz', 'more bytes'],
  ['no gzip', { images: pixels }, 'images.u8.gz', 'header'],
  ['cut short', { images: gzipSync(pixels).subarray(0, 20) }, 'images.u8.gz', 'end of file'],
  ['no images', { images: null }, 'images.u8.gz', 'no such file'],
  ['another count', { meta: { count: 4 } }, 'labels.csv', '3 rows'],
  ['a folder for a file', { meta: { files: { images: '..', labels: 'labels.csv' } } }, 'meta.json', 'files.images'],
  ['a path for a name', { meta: { files: { images: '../x', labels: 'labels.csv' } } }, 'meta.json', 'files.images'],
  ['no width', { meta: { width: undefined } }, 'meta.json', 'width'],
  ['two channels', { meta: { channels: 2 } }, 'meta.json', 'channels'],
  ['no JSON', { meta: '{' }, 'meta.json', 'JSON'],
])('%s is refused', async (_, change, file, found) => {
  await write(change);
  const error: unknown = await open().catch((error: unknown) => error);
  if (!(error instanceof CounterweightError)) throw new Error('not refused', { cause: error });
  expect([error.code, error.exit, error.place?.file]).toEqual(['pack-invalid', 3, join(folder, file)]);
  expect(error.message).toContain(found);
});

test('a folder that is no pack', async () => {
  await expect(open()).rejects.toThrow('meta.json');
});
