import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { randomStream, rowOf, SPLITS, type Dataset } from '@counterweight/core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import images from './index.js';
import { options } from './options.js';

const silent = { info: () => undefined, warn: () => undefined };
const open = async (base: string, given: unknown, seed = 7): Promise<Dataset> =>
  images.create(options.parse(given), base, randomStream(seed), silent);

async function pixelsOf(dataset: Dataset, example: number): Promise<Uint8Array> {
  const into = new Uint8Array(dataset.input.shape.reduce((a, b) => a * b, 1));
  await dataset.read(Int32Array.of(example), into);
  return into;
}

const labelsOf = ({ classes, labels }: Dataset, example: number): string[] =>
  Array.from(rowOf(labels.positives, example), (c) => classes[c]!);

const shared = fileURLToPath(new URL('../../../../shared/data/', import.meta.url));
const skipped = !existsSync(shared);
if (skipped) console.log(`skipped: packs against their folders, ${shared} is absent`);

describe.skipIf(skipped)('a pack and the folder of the same images', () => {
  const pair = async (name: string, size: number): Promise<[Dataset, Dataset]> => [
    await open(shared, { pack: name }),
    await open(shared, { images: `${name}/folder/images`, labels: `${name}/folder/labels.csv`, size }),
  ];
  const sameLabels = (pack: Dataset, folder: Dataset): void => {
    expect(folder.classes).toEqual(pack.classes);
    expect(folder.input).toEqual(pack.input);
    for (let i = 0; i < pack.labels.rows; i++) {
      expect(folder.id(i)).toBe(`${pack.id(i)}.png`);
      expect(labelsOf(folder, i)).toEqual(labelsOf(pack, i));
    }
  };

  test('grey, of one size: equal to the byte', async () => {
    const [pack, folder] = await pair('test-sample', 32);
    sameLabels(pack, folder);
    expect(pack.labels.rows).toBe(600);
    for (let i = 0; i < 600; i++) expect(await pixelsOf(folder, i)).toEqual(await pixelsOf(pack, i));
    expect(SPLITS.map((split) => pack.splits[split].length)).toEqual([411, 57, 132]);
    expect(SPLITS.map((split) => folder.splits[split].length / 600)).toEqual([
      expect.closeTo(0.7, 1),
      expect.closeTo(0.1, 1),
      expect.closeTo(0.2, 1),
    ]);
  });

  test('transparent, of three sizes: composited and resized, close to the pack', async () => {
    const [pack, folder] = await pair('openmoji-sample', 32);
    sameLabels(pack, folder);
    for (let i = 0; i < 500; i += 7) {
      const want = await pixelsOf(pack, i);
      const apart = (await pixelsOf(folder, i)).reduce((sum, value, k) => sum + Math.abs(value - want[k]!), 0);
      expect(apart / want.length).toBeLessThan(12);
    }
  });
});

describe('a folder made here', () => {
  let base: string;
  beforeAll(async () => {
    base = await mkdtemp(join(tmpdir(), 'dataset-'));
    const lines = await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        const grey = { r: i * 4, g: i * 4, b: i * 4 };
        const image = sharp({ create: { width: 8, height: 8, channels: 3, background: grey } });
        await image.png().toFile(join(base, `${i}.png`));
        return [`${i}.png`, `${i % 2 ? 'odd' : 'even'}${i % 10 ? '' : '|ten'}`, ['train', 'val', 'test'][i % 3]];
      }),
    );
    const table = (columns: number, rows: unknown[][]) =>
      [['image', 'labels', 'split'], ...rows].map((row) => row.slice(0, columns).join(',')).join('\n');
    await writeFile(join(base, 'two.csv'), table(2, lines));
    await writeFile(join(base, 'three.csv'), table(3, lines));
    await writeFile(join(base, 'relabelled.csv'), table(3, [['0.png', 'odd', 'train'], ...lines.slice(1)]));
    await writeFile(join(base, 'untrained.csv'), table(3, [['0.png', 'odd', 'test']]));
    await sharp(join(base, '3.png')).toFile(join(base, 'again.png'));
    const odd = [
      ['0.png', '', 'train'],
      ['3.png', 'a', 'train'],
      ['again.png', 'b', 'test'],
    ];
    await writeFile(join(base, 'odd.csv'), table(3, odd));
    const commas = ['"cat,dog"', '"dog,cow"', 'cat', 'CAT', '\u00e9', 'e\u0301'].map((cell, i) => `${i}.png,${cell}`);
    await writeFile(join(base, 'commas.csv'), ['image,labels', ...commas].join('\n'));
  });
  afterAll(() => rm(base, { recursive: true }));
  const folder = (labels: string, seed?: number, more = {}) =>
    open(base, { images: '.', labels, size: 8, ...more }, seed);

  test('classes sorted by name, one channel, ids of the table', async () => {
    const dataset = await folder('two.csv');
    expect(dataset.classes).toEqual(['even', 'odd', 'ten']);
    expect(dataset.input).toEqual({ shape: [8, 8, 1], dtype: 'uint8' });
    expect(dataset.id(10)).toBe('10.png');
    expect(labelsOf(dataset, 10)).toEqual(['even', 'ten']);
  });

  test('examples are read in the order asked, into bytes and into floats', async () => {
    const dataset = await folder('two.csv');
    const asked = Int32Array.of(5, 0, 5);
    const want = [5, 0, 5].flatMap((i) => Array<number>(64).fill(i * 4));
    const [bytes, floats] = [new Uint8Array(192), new Float32Array(192)];
    await dataset.read(asked, bytes);
    await dataset.read(asked, floats);
    expect([...bytes]).toEqual(want);
    expect([...floats]).toEqual(want);
  });

  test('the splits of the table', async () => {
    const { splits } = await folder('three.csv');
    SPLITS.forEach((split, s) => {
      expect([...splits[split]]).toEqual(Array.from({ length: 20 }, (_, i) => 3 * i + s));
    });
  });

  test('splits by seed: disjoint, complete, stratified; the same at one seed, others at another', async () => {
    const first = await folder('two.csv');
    const all = SPLITS.flatMap((split) => [...first.splits[split]]);
    expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, i) => i));
    const tens = SPLITS.map((split) => first.splits[split].filter((i) => i % 10 === 0).length);
    expect(tens).toEqual([4, 1, 1]);
    const again = await folder('two.csv');
    expect(again.splits).toEqual(first.splits);
    expect(again.fingerprint).toBe(first.fingerprint);
    const other = await folder('two.csv', 8);
    expect(other.splits).not.toEqual(first.splits);
    expect(other.fingerprint).not.toBe(first.fingerprint);
  });

  test('the fingerprint changes with a label, with the size and with the channels', async () => {
    const prints = await Promise.all([
      folder('three.csv'),
      folder('relabelled.csv'),
      folder('three.csv', 7, { size: 16 }),
      folder('three.csv', 7, { channels: 3 }),
    ]);
    expect(new Set(prints.map(({ fingerprint }) => fingerprint)).size).toBe(4);
  });

  test('notices: empty rows, classes a split lacks, equal pixels in two splits', async () => {
    const notices = (await folder('odd.csv')).notices?.join('\n');
    expect(notices).toContain('No image is in the split validation.');
    expect(notices).toContain('1 image without a label (every class is negative): line 2.');
    expect(notices).toContain('1 class without a positive in train: "b".');
    expect(notices).toContain(
      '1 image with the pixels of an earlier one, 1 of them in another split: "again.png" = "3.png".',
    );
  });

  test('notices: labels that hold another separator, labels written in two ways', async () => {
    const notices = (await folder('commas.csv')).notices?.join('\n');
    expect(notices).toContain(
      `No image has two labels, and 2 of 6 labels hold ",": if that stands between labels, set`,
    );
    expect(notices).toContain('2 labels written like another but for case or Unicode form');
    expect(notices).toContain('"CAT" and "cat", "e\u0301" and "\u00e9"');
    expect((await folder('two.csv')).notices?.join('\n')).not.toMatch(/separator|written/);
  });

  test.each([
    [{ images: '.', labels: 'nowhere.csv' }, 'data-path-missing', 2],
    [{ images: 'nowhere', labels: 'two.csv' }, 'data-path-missing', 2],
    [{ images: 'two.csv', labels: 'two.csv' }, 'data-path-missing', 2],
    [{ pack: 'nowhere' }, 'data-path-missing', 2],
    [{ images: '.', labels: 'untrained.csv' }, 'split-empty', 3],
  ])('%j: %s, exit %i', async (given, code, exit) => {
    await expect(open(base, given)).rejects.toMatchObject({ code, exit });
  });
});
