import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { randomStream } from '@counterweight/core';
import { readImages } from '@counterweight/data-images';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { joinLookalikes } from './lookalikes.js';
import { replaceFolder, writePack } from './pack-writer.js';
import { familyOf, iconsOf, splitByFamily, withoutRareLabels } from './tabler-icons.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pack-'));
});
afterEach(() => rm(folder, { recursive: true }));

test.each([
  ['heart-off', 'heart'],
  ['heart-2', 'heart'],
  ['circle-number-7-filled', 'circle-number'],
  ['arrow-left-right', 'arrow'],
  ['brand-x', 'brand-x'],
  ['brand-google-filled', 'brand-google'],
  ['off', 'off'],
])('%s is of the family %s', (name, family) => {
  expect(familyOf(name)).toBe(family);
});

test('labels are category, tags and words of the name, in lower case, each once', () => {
  const icons = iconsOf({
    'ad-off': { category: 'System', tags: ['Ad', 42, null, ' '], styles: { outline: {}, filled: {} } },
  });
  const labels = ['42', 'ad', 'null', 'off', 'system'];
  expect(icons).toEqual([
    { id: 'ad-off.outline', labels, family: 'ad' },
    { id: 'ad-off.filled', labels, family: 'ad' },
  ]);
});

test('a label on one image goes, and an image without labels with it', () => {
  const icon = (id: string, ...labels: string[]) => ({ id, labels, family: id });
  expect(withoutRareLabels([icon('a', 'x', 'y'), icon('b', 'x'), icon('c', 'z')])).toEqual([
    icon('a', 'x'),
    icon('b', 'x'),
  ]);
});

/** Pictures of 64 × 64 noise in blocks of 4: thumbnails of unrelated ones have a cosine near 0. */
function noise(count: number): Uint8Array {
  const random = randomStream(1);
  const images = new Uint8Array(count * 4096);
  for (let image = 0; image < count; image++) {
    const blocks = Uint8Array.from({ length: 256 }, () => random.integer(256));
    for (let i = 0; i < 4096; i++) images[image * 4096 + i] = blocks[(i >> 8) * 16 + ((i & 63) >> 2)]!;
  }
  return images;
}

test('look-alikes join their groups, across several steps; others stay apart', () => {
  const images = noise(40);
  const copy = (from: number, to: number): void => {
    images.copyWithin(to * 4096, from * 4096, (from + 1) * 4096);
    images[to * 4096]! ^= 64;
  };
  copy(3, 17);
  copy(8, 30);
  const groups = Int32Array.from({ length: 40 }, (_, i) => (i === 8 ? 17 : i)); // 3 ~ 17 = 8 ~ 30
  const joined = joinLookalikes(images, 64, groups);
  expect(new Set([3, 17, 8, 30].map((i) => joined[i])).size).toBe(1);
  expect(new Set(joined).size).toBe(37);
});

test('every pair that a full product finds is found', () => {
  // Mixtures of few drawings: cosines all over the range, many near the bar.
  const [base, random] = [noise(3), randomStream(2)];
  const count = 60;
  const images = new Uint8Array(count * 4096);
  for (let image = 0; image < count; image++) {
    const share = 0.25 * random.uniform();
    for (let i = 0; i < 4096; i++)
      images[image * 4096 + i] = (1 - share) * base[(image % 2) * 4096 + i]! + share * base[8192 + i]!;
  }
  const vectors = Array.from({ length: count }, (_, image) => {
    const blocks = Array.from({ length: 256 }, (_, b) => images[image * 4096 + (b >> 4) * 256 + (b & 15) * 4]!);
    const mean = blocks.reduce((a, b) => a + b) / 256;
    return blocks.map((value) => (value - mean) / Math.hypot(...blocks.map((block) => block - mean)));
  });
  const joined = joinLookalikes(images, 64, Int32Array.from(vectors.keys()));
  let pairs = 0;
  for (let a = 0; a < count; a++)
    for (let b = a + 1; b < count; b++)
      if (vectors[a]!.reduce((sum, value, i) => sum + value * vectors[b]![i]!, 0) > 0.985 + 1e-6) {
        expect(joined[a]).toBe(joined[b]);
        pairs++;
      }
  expect(pairs).toBeGreaterThan(50);
  expect(new Set(joined).size).toBeGreaterThan(1);
});

test('a family never crosses a split', () => {
  const icons = Array.from({ length: 180 }, (_, i) => ({
    id: `${i}`,
    family: `${i % 60}`,
    labels: ['all', `class ${i % 7}`],
  }));
  const { folds } = splitByFamily(icons, noise(icons.length));
  const foldOf = new Map(icons.map(({ family }, i) => [family, folds[i]]));
  icons.forEach(({ family }, i) => {
    expect(folds[i]).toBe(foldOf.get(family));
  });
  expect([0, 1, 2].map((fold) => folds.filter((f) => f === fold).length)).toEqual([
    expect.closeTo(126, -1),
    expect.closeTo(18, -1),
    expect.closeTo(36, -1),
  ]);
});

test('what is written is what data-images reads', async () => {
  const images = noise(3);
  const rows = [
    { id: 'a', labels: ['x', 'say "hi", you'], split: 'train' },
    { id: 'b', labels: ['x'], split: 'validation' },
    { id: 'c', labels: ['x'], split: 'test' },
  ] as const;
  const text = { name: 'p', licence: 'MIT\n', provenance: 'here', details: { key: 'k' } };
  await writePack(folder, { ...text, rows, images, shape: [64, 64, 1] });
  const splits = { train: 0.7, validation: 0.1, test: 0.2 };
  const silent = { info: () => undefined, warn: () => undefined };
  const dataset = await readImages({ pack: folder, splits }, '.', randomStream(0), silent);
  const into = new Uint8Array(images.length);
  await dataset.read(Int32Array.of(0, 1, 2), into);
  expect(into).toEqual(images);
  expect(dataset.classes).toEqual(['say "hi", you', 'x']);
  expect([...dataset.labels.positives.classes]).toEqual([0, 1, 1, 1]);
  expect(Object.values(dataset.splits).map((rows) => [...rows])).toEqual([[0], [1], [2]]);
});

test('a folder is replaced whole, or stays when making the new one fails', async () => {
  const target = join(folder, 'pack');
  await replaceFolder(target, (at) => writeFile(join(at, 'first'), '1'));
  await expect(
    replaceFolder(target, async (at) => {
      await writeFile(join(at, 'half'), '2');
      throw new Error('stopped');
    }),
  ).rejects.toThrow('stopped');
  expect(await readdir(target)).toEqual(['first']);
  await replaceFolder(target, (at) => writeFile(join(at, 'second'), '3'));
  expect(await readdir(target)).toEqual(['second']);
  expect(await readdir(folder)).toEqual(['pack']);
});
