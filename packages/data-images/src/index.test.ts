import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { isCounterweightError, randomStream, rowOf, SPLITS, type Dataset } from '@counterweight/core';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import images from './index.js';
import { options } from './options.js';

let cache: string;
const opened: Dataset[] = [];
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'cache-'));
});
afterAll(async () => {
  await Promise.all(opened.map((dataset) => dataset.close()));
  await rm(cache, { recursive: true });
});

const silent = { info: () => undefined, warn: () => undefined };
async function open(base: string, given: object, seed = 7): Promise<Dataset> {
  const dataset = await images.create(options.parse({ cache, ...given }), base, randomStream(seed), silent, cache);
  opened.push(dataset);
  return dataset;
}

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

  test('notices: empty rows, classes a split lacks, equal images in two splits', async () => {
    const notices = (await folder('odd.csv')).notices?.join('\n');
    expect(notices).toContain('No example is in the split validation.');
    expect(notices).toMatch(/1 row without a label .*: line 2/);
    expect(notices).toContain('1 class without a positive in train: "b".');
    expect(notices).toContain('1 image equal to an earlier one: "again.png" = "3.png".');
    expect(notices).toMatch(/equal copies in more than one split: .*"3.png".*"again.png"/);
  });

  test('equal images under several names stay in one split when we deal', async () => {
    const copied: string[] = [];
    for (let i = 0; i < 60; i++) {
      await sharp(join(base, `${i % 20}.png`)).toFile(join(base, `copy${i}.png`));
      copied.push(`copy${i}.png,${i % 2 ? 'odd' : 'even'}`);
    }
    await writeFile(join(base, 'copies.csv'), ['image,labels', ...copied].join('\n'));
    for (const seed of [1, 2, 3]) {
      const { splits } = await folder('copies.csv', seed);
      const contents = SPLITS.map((split) => new Set(Array.from(splits[split], (i) => i % 20)));
      expect(contents.reduce((sum, { size }) => sum + size, 0)).toBe(20);
      expect(Math.min(...contents.map(({ size }) => size))).toBeGreaterThan(0);
    }
  });

  test('unknown labels, weights and a list of classes reach the data set and its fingerprint', async () => {
    const write = (name: string, rows: string) =>
      writeFile(join(base, name), `image,labels,unknown,weight,split\n${rows}`);
    await write('unknown.csv', '0.png,a,b,2,train\n1.png,b,,1,train\n2.png,,a|b,1,test\n');
    await write('known.csv', '0.png,a,,2,train\n1.png,b,,1,train\n2.png,,a|b,1,test\n');
    await write('weights.csv', '0.png,a,b,1,train\n1.png,b,,1,train\n2.png,,a|b,1,test\n');
    await writeFile(join(base, 'classes.txt'), 'b\na\nnever\n');
    const first = await folder('unknown.csv');
    expect([...first.exampleWeights!]).toEqual([2, 1, 1]);
    expect(Array.from(rowOf(first.labels.exceptions!, 2), (c) => first.classes[c])).toEqual(['a', 'b']);
    const others = [
      await folder('known.csv'),
      await folder('weights.csv'),
      await folder('unknown.csv', 7, { unlisted: 'unknown', strict: false }),
      await folder('unknown.csv', 7, { classes: 'classes.txt' }),
    ];
    expect(others[3]!.classes).toEqual(['b', 'a', 'never']);
    expect(new Set([first, ...others].map(({ fingerprint }) => fingerprint)).size).toBe(5);
  });

  test.each([
    ['a NUL in a name', 'image,labels\n"a\0.png",x\n'],
    ['a cell of 1 MB, unknown image', `image,labels\ngone.png,${'x'.repeat(2 ** 20)}\n`],
    ['an image without a name', 'image,labels\n,x\n'],
    ['a path of 1 MB', `image,labels\n${'../'.repeat(350_000)},x\n`],
  ])('%s: an error of ours that fits a screen', async (_, text) => {
    await writeFile(join(base, 'hostile.csv'), text);
    const error: unknown = await folder('hostile.csv').catch((error: unknown) => error);
    if (!isCounterweightError(error)) throw new Error('not refused', { cause: error });
    expect(error.exit).toBe(3);
    expect(error.message.length).toBeLessThan(3000);
  });

  test('a cell of 1 MB is a label like another', async () => {
    await writeFile(join(base, 'long.csv'), `image,labels\n0.png,${'x'.repeat(2 ** 20)}\n`);
    expect((await folder('long.csv')).classes[0]).toHaveLength(2 ** 20);
  });

  test('whatever the table says, a data set or an error of ours', async () => {
    const name = fc.oneof(fc.constantFrom('0.png', './0.png', '../x', '/etc/passwd', '', '.', 'a\0'), fc.string());
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, fc.string()), { maxLength: 5 }), fc.boolean(), async (rows, strict) => {
        const cells = rows.map((row) => row.map((cell) => JSON.stringify(cell)).join(','));
        await writeFile(join(base, 'any.csv'), ['image,labels', ...cells].join('\n'));
        const found: unknown = await folder('any.csv', 7, { strict }).catch((error: unknown) => error);
        if (found instanceof Error && !isCounterweightError(found)) throw found;
      }),
      { numRuns: 100 },
    );
  });

  test.each([
    [{ images: '.', labels: 'nowhere.csv' }, 'table-unreadable', 2],
    [{ images: '.', labels: 'two.csv', classes: 'nowhere.txt' }, 'table-unreadable', 2],
    [{ images: 'nowhere', labels: 'two.csv' }, 'data-path-missing', 2],
    [{ images: 'two.csv', labels: 'two.csv' }, 'data-path-missing', 2],
    [{ pack: 'nowhere' }, 'data-path-missing', 2],
    [{ images: '.', labels: 'untrained.csv' }, 'split-empty', 3],
  ])('%j: %s, exit %i', async (given, code, exit) => {
    await expect(open(base, given)).rejects.toMatchObject({ code, exit });
  });
});
