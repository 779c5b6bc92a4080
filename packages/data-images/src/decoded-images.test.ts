import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { DecodedImages } from './decoded-images.js';
import { collectingLogger, temporaryFolder } from './fixtures/pictures.js';

const FRAME = 4;
let folder: string;
let logger: ReturnType<typeof collectingLogger>;
beforeEach(async () => {
  folder = await temporaryFolder();
  logger = collectingLogger();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const hex = (name: string): string => createHash('sha256').update(name).digest('hex');
const grey = (level: number) => ({ channels: 1 as const, pixels: new Uint8Array(FRAME).fill(level) });
const colour = (level: number) => ({ channels: 3 as const, pixels: new Uint8Array(3 * FRAME).fill(level) });
const open = (at: string | null = folder) => DecodedImages.open(at, FRAME, logger);

async function read(images: DecodedImages, name: string): Promise<number[] | 'damaged' | undefined> {
  const row = images.rowOf(hex(name));
  if (row === undefined) return undefined;
  const into = new Uint8Array(FRAME * images.channelsOf(row));
  return (await images.read(row, into)) ? [...into] : 'damaged';
}

async function filled(): Promise<string> {
  const images = await open();
  await images.add(hex('a'), grey(1));
  await images.add(hex('b'), colour(2));
  await images.add(hex('c'), grey(3));
  await images.flush();
  await images.close();
  const [name] = await readdir(folder);
  return join(folder, name!);
}

test('what was added is read back: before it is written, after, and by the next process', async () => {
  const images = await open();
  await images.add(hex('a'), grey(1));
  await images.add(hex('b'), colour(2));
  expect(await read(images, 'b')).toEqual(Array(12).fill(2));
  await images.flush();
  expect(await read(images, 'a')).toEqual(Array(4).fill(1));
  await images.add(hex('c'), grey(3));
  await images.flush();
  await images.close();
  const next = await open();
  expect([await read(next, 'a'), await read(next, 'b'), await read(next, 'c')]).toEqual([
    Array(4).fill(1),
    Array(12).fill(2),
    Array(4).fill(3),
  ]);
  expect(await read(next, 'd')).toBeUndefined();
  await next.close();
});

test('an image is stored once', async () => {
  const images = await open();
  expect(await images.add(hex('a'), grey(1))).toBe(await images.add(hex('a'), grey(1)));
  await images.close();
});

test('two processes at once: neither harms the other, the third has what both decoded', async () => {
  const [one, two] = [await open(), await open()];
  await one.add(hex('a'), grey(1));
  await two.add(hex('a'), grey(1));
  await two.add(hex('b'), grey(2));
  await Promise.all([one.flush(), two.flush()]);
  expect(await read(two, 'a')).toEqual(Array(4).fill(1));
  const third = await open();
  expect([await read(third, 'a'), await read(third, 'b')]).toEqual([Array(4).fill(1), Array(4).fill(2)]);
  await Promise.all([one.close(), two.close(), third.close()]);
});

test('a file that is cut short, wherever, gives nothing; it is told and deleted', async () => {
  const path = await filled();
  const bytes = await readFile(path);
  for (let length = 0; length < bytes.length; length++) {
    await writeFile(path, bytes.subarray(0, length));
    const images = await open();
    expect(await read(images, 'a'), `${length} bytes`).toBeUndefined();
    expect(await readdir(folder)).toEqual([]);
    expect(logger.warnings.pop()).toContain(path);
    await images.close();
  }
});

test('a changed byte, wherever, is noticed', async () => {
  const path = await filled();
  const bytes = await readFile(path);
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
      await writeFile(
        path,
        bytes.map((byte, i) => (i === at ? byte ^ mask : byte)),
      );
      const images = await open();
      const found = [await read(images, 'a'), await read(images, 'b'), await read(images, 'c')];
      await images.close();
      const good = [Array(4).fill(1), Array(12).fill(2), Array(4).fill(3)];
      const wrong = found.filter((value, i) => JSON.stringify(value) !== JSON.stringify(good[i]));
      expect(wrong.every((value) => value === 'damaged' || value === undefined)).toBe(true);
      expect(wrong.length).toBeGreaterThan(0);
      expect(await readdir(folder)).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

test('segments of other sizes and files of others are left alone', async () => {
  const path = await filled();
  await writeFile(join(folder, 'notes.txt'), 'mine');
  const larger = await DecodedImages.open(folder, 2 * FRAME, logger);
  expect(larger.rowOf(hex('a'))).toBeUndefined();
  await larger.close();
  expect((await readdir(folder)).sort()).toEqual(['notes.txt']);
  await expect(stat(path)).rejects.toThrow();
});

test('what a killed process left half-written is not read, and deleted after a day', async () => {
  const path = await filled();
  const temporary = path.replace('.segment', '.tmp');
  await writeFile(temporary, 'half');
  await (await open()).close();
  expect(await readdir(folder)).toHaveLength(2);
  await utimes(temporary, 0, 0);
  await (await open()).close();
  expect(await readdir(folder)).toHaveLength(1);
});

test('a folder that cannot be made: told once, images stay in memory', async () => {
  await writeFile(join(folder, 'file'), '');
  const images = await open(join(folder, 'file', 'cache'));
  await images.reserve(2);
  await images.add(hex('a'), grey(1));
  await images.flush();
  await images.add(hex('b'), grey(2));
  await images.flush();
  expect([await read(images, 'a'), await read(images, 'b')]).toEqual([Array(4).fill(1), Array(4).fill(2)]);
  expect(logger.warnings).toEqual([expect.stringMatching(/cannot be kept in .*cache.*ENOTDIR.*stay in memory/s)]);
  await images.close();
});

test('a folder that is lost on the way: what is not yet written stays in memory', async () => {
  const images = await open();
  await images.add(hex('a'), grey(1));
  await images.flush();
  await rm(folder, { recursive: true });
  await images.add(hex('b'), grey(2));
  await images.flush();
  expect([await read(images, 'a'), await read(images, 'b')]).toEqual([Array(4).fill(1), Array(4).fill(2)]);
  expect(logger.warnings).toHaveLength(1);
  await images.close();
});

test('more than memory should hold, and nowhere to write: refused before work begins', async () => {
  const images = await open(null);
  await expect(images.reserve(2 ** 28)).rejects.toMatchObject({ code: 'images-too-many', exit: 3 });
  await images.reserve(2 ** 20);
  await mkdir(join(folder, 'more'));
  const onDisk = await open(join(folder, 'more'));
  await expect(onDisk.reserve(2 ** 50)).rejects.toThrow(/GB free/);
});
