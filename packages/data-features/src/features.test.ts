import { join } from 'node:path';

import { BASE_FOLDER, randomStream, rowOf, SPLITS, type Dataset } from '@counterweight/core';
import { datasetConformance } from '@counterweight/testing';
import { afterAll, describe, expect, test } from 'vitest';

import { fixture, floatsFile, refused, testFolder } from './fixtures/files.js';
import features from './index.js';

const { folder, write, remove } = testFolder();
afterAll(remove);

const silent = { info: () => undefined, warn: () => undefined };
const open = async (given: object, seed = 7): Promise<Dataset> =>
  features.create(features.options.parse(given), folder, randomStream(seed), silent);
const rowsOf = async (dataset: Dataset, examples: readonly number[]): Promise<number[]> => {
  const into = new Float32Array(examples.length * dataset.input.shape[0]!);
  await dataset.read(Int32Array.from(examples), into);
  return [...into];
};
const labelsOf = ({ classes, labels }: Dataset, example: number): string[] =>
  Array.from(rowOf(labels.positives, example), (c) => classes[c]!);

// 60 examples of 2 features; row i is (i, i / 2), every sixth pair are equal copies.
const values = Array.from({ length: 60 }, (_, i) => [i - (i % 6 === 1 ? 1 : 0), 0]).flat();
write('sixty.npy', floatsFile(values, 2));
write('sixty.csv', ['id,x,y', ...Array.from({ length: 60 }, (_, i) => `n${59 - i},${59 - i},0`)].join('\n'));
write('tenfold.csv', ['id,x,y', ...Array.from({ length: 60 }, (_, i) => `n${i},${10 * i},0`)].join('\n'));
const lines = Array.from({ length: 60 }, (_, i) => `n${i},${i % 2 ? 'odd' : 'even'}${i % 10 ? '' : '|ten'}`);
write('table.csv', ['id,labels', ...lines].join('\n'));
write('keyless.csv', ['labels', ...lines.map((line) => line.split(',')[1]!)].join('\n'));

for (const [file, labels] of [
  ['sixty.csv', 'table.csv'],
  ['sixty.npy', 'keyless.csv'],
] as const)
  datasetConformance({
    test,
    plugin: features,
    provide: [[BASE_FOLDER, folder]],
    options: [{ features: file, labels }],
    others: [
      { features: file, labels, splits: { train: 0.6, validation: 0.2, test: 0.2 } },
      { features: 'tenfold.csv', labels: 'table.csv' },
    ],
    unlabelled: join(folder, file),
  });

describe('joined by order', () => {
  test('classes, input, labels, ids, values', async () => {
    const dataset = await open({ features: 'sixty.npy', labels: 'table.csv' });
    expect(dataset.classes).toEqual(['even', 'odd', 'ten']);
    expect(dataset.input).toEqual({ shape: [2], dtype: 'float32' });
    expect(labelsOf(dataset, 10)).toEqual(['even', 'ten']);
    expect(dataset.id(10)).toBe('n10');
    expect(await rowsOf(dataset, [5, 1, 5])).toEqual([5, 0, 0, 0, 5, 0]);
  });

  test('without a key column: an example is called by its row', async () => {
    const dataset = await open({ features: 'sixty.npy', labels: 'keyless.csv' });
    expect(dataset.id(59)).toBe('59');
    expect(labelsOf(dataset, 59)).toEqual(['odd']);
  });

  test('other counts are refused', async () => {
    write('short.npy', floatsFile([1, 2], 1));
    const error = await refused(open({ features: 'short.npy', labels: 'table.csv' }));
    expect(error).toMatchObject({
      code: 'features-rows-differ',
      exit: 3,
      found: '2 rows of features, 60 rows of labels',
    });
  });

  test('no row of the table is left out, or others would get its features: strict: false does not help', async () => {
    write(
      'bad.csv',
      ['id,labels,split', ...lines.map((line, i) => `${line},${i === 3 ? 'trian' : 'train'}`)].join('\n'),
    );
    const error = await refused(open({ features: 'sixty.npy', labels: 'bad.csv', strict: false }));
    expect(error.code).toBe('table-rows-invalid');
    expect(error.remedy).not.toContain('strict');
  });

  test('strict: false still ignores labels outside the class list: their rows stay', async () => {
    write('classes.txt', 'odd\n');
    const options = { features: 'sixty.npy', labels: 'table.csv', classes: 'classes.txt' };
    expect((await refused(open(options))).code).toBe('table-rows-invalid');
    const dataset = await open({ ...options, strict: false });
    expect([dataset.labels.rows, dataset.classes]).toEqual([60, ['odd']]);
    expect(labelsOf(dataset, 17)).toEqual(['odd']);
    expect(labelsOf(dataset, 18)).toEqual([]);
  });
});

describe('joined by id', () => {
  test('the same data set as by order, whatever the order of the file', async () => {
    const dataset = await open({ features: 'sixty.csv', labels: 'table.csv' });
    expect(await rowsOf(dataset, [0, 17, 59])).toEqual([0, 0, 17, 0, 59, 0]);
    expect(labelsOf(dataset, 17)).toEqual(['odd']);
    await dataset.close();
  });

  test('Parquet with JSON Lines', async () => {
    write('lists.parquet', await fixture('lists.parquet'));
    const rows = [4, 2].map((i) => JSON.stringify({ image: `é ${i}, "q"`, labels: ['a'], split: 'train' }));
    write('two.jsonl', rows.join('\n'));
    const dataset = await open({ features: 'lists.parquet', labels: 'two.jsonl' });
    expect(await rowsOf(dataset, [0, 1])).toEqual([1, 1.25, 1.5, -0.5, -0.25, 0]);
    expect(dataset.notices?.join('\n')).toContain('6 rows of features without labels, not used.');
  });

  test('labels without features: refused with their lines, or left out and listed', async () => {
    write('more.csv', ['id,labels', 'x,odd', ...lines, 'y,odd'].join('\n'));
    const error = await refused(open({ features: 'sixty.csv', labels: 'more.csv' }));
    expect(error).toMatchObject({ code: 'features-rows-missing', exit: 3 });
    expect(error.found).toMatch(/^2 problems\n.*more\.csv:2: "x"\n.*more\.csv:63: "y"$/);
    const dataset = await open({ features: 'sixty.csv', labels: 'more.csv', strict: false });
    expect(dataset.labels.rows).toBe(60);
    expect(dataset.id(0)).toBe('n0');
    expect(dataset.notices).toContain('2 rows of labels without features left out: line 2: "x", line 63: "y".');
  });

  test('ids twice; a table without ids', async () => {
    write('twice.csv', 'id,x\na,1\nb,2\na,3\n');
    const error = await refused(open({ features: 'twice.csv', labels: 'table.csv' }));
    expect(error).toMatchObject({ code: 'features-ids-repeated', found: '"a"', exit: 3 });
    expect((await refused(open({ features: 'sixty.csv', labels: 'keyless.csv' }))).code).toBe('table-columns-invalid');
  });
});

describe('features that are not finite', () => {
  write(
    'holes.csv',
    ['id,x,y', ...Array.from({ length: 60 }, (_, i) => `n${i},${i},${i === 4 ? '' : i === 9 ? '1e39' : 1}`)].join('\n'),
  );

  test('refused, with row and column', async () => {
    const error = await refused(open({ features: 'holes.csv', labels: 'table.csv' }));
    expect(error).toMatchObject({ code: 'features-not-finite', exit: 3 });
    expect(error.found).toBe('2 numbers (rows and columns from 0): row 4, column 1: NaN, row 9, column 1: Infinity');
  });

  test('left out and listed', async () => {
    const dataset = await open({ features: 'holes.csv', labels: 'table.csv', strict: false });
    expect(dataset.labels.rows).toBe(58);
    expect(await rowsOf(dataset, [4, 8])).toEqual([5, 1, 10, 1]);
    expect(dataset.notices?.join('\n')).toContain('2 rows left out, their features are not finite');
  });
});

test('splits by seed: disjoint, complete, equal copies together', async () => {
  const { splits } = await open({ features: 'sixty.npy', labels: 'table.csv' });
  expect(SPLITS.flatMap((split) => [...splits[split]]).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 60 }, (_, i) => i),
  );
  const splitOf = (example: number) => SPLITS.findIndex((split) => splits[split].includes(example));
  for (let i = 0; i < 60; i += 6) expect(splitOf(i + 1)).toBe(splitOf(i));
  expect((await open({ features: 'sixty.npy', labels: 'table.csv' }, 8)).splits).not.toEqual(splits);
});

test('the fingerprint: of content, not of the format; a value, a label, a weight or a split changes it', async () => {
  const print = async (given: object): Promise<string> => (await open(given)).fingerprint;
  const fixed = (change: (line: string, i: number) => string) =>
    ['id,labels,weight,split', ...lines.map((line, i) => change(`${line},1,${i < 40 ? 'train' : 'test'}`, i))].join(
      '\n',
    );
  write(
    'fixed.csv',
    fixed((line) => line),
  );
  write(
    'label.csv',
    fixed((line, i) => (i === 5 ? line.replace('odd', 'even') : line)),
  );
  write(
    'weight.csv',
    fixed((line, i) => (i === 5 ? line.replace(',1,', ',2,') : line)),
  );
  write(
    'split.csv',
    fixed((line, i) => (i === 5 ? line.replace('train', 'val') : line)),
  );
  write(
    'double.csv',
    ['x,y', ...Array.from({ length: 60 }, (_, i) => `${values[2 * i]!},${values[2 * i + 1]!}`)].join('\n'),
  );
  write('changed.npy', floatsFile(values.with(7, 1e-30), 2));
  const first = await print({ features: 'sixty.npy', labels: 'fixed.csv' });
  expect(await print({ features: 'double.csv', labels: 'fixed.csv' })).toBe(first);
  const others = await Promise.all([
    print({ features: 'changed.npy', labels: 'fixed.csv' }),
    ...['label', 'weight', 'split'].map((labels) => print({ features: 'sixty.npy', labels: `${labels}.csv` })),
  ]);
  expect(new Set([first, ...others]).size).toBe(5);
});

test('weights of examples; bytes are no place for features', async () => {
  write('weights.csv', ['labels,weight', ...lines.map((_, i) => `a,${i}`)].join('\n'));
  const dataset = await open({ features: 'sixty.npy', labels: 'weights.csv' });
  expect(dataset.exampleWeights?.[59]).toBe(59);
  await expect(dataset.read(Int32Array.of(0), new Uint8Array(8))).rejects.toThrow(TypeError);
});

describe('without labels, for predict', () => {
  const inputs = (path: string, columns: number, strict = true) =>
    features.inputs!(features.options.parse({ features: 'x', labels: 'y', strict }), {
      path: `${folder}/${path}`,
      input: { shape: [columns], dtype: 'float32' },
      logger: silent,
    });

  test('count, names and values of the file', async () => {
    const named = await inputs('sixty.csv', 2);
    expect([named.count, named.id(0)]).toEqual([60, 'n59']);
    const numbered = await inputs('sixty.npy', 2);
    expect(numbered.id(3)).toBe('3');
    const into = new Float32Array(4);
    await numbered.read(Int32Array.of(3, 2), into);
    expect([...into]).toEqual([3, 0, 2, 0]);
    await numbered.close();
  });

  test('another number of features, entries that are not finite: refused', async () => {
    const error = await refused(Promise.resolve(inputs('sixty.npy', 3)));
    expect(error).toMatchObject({ code: 'features-width-differs', exit: 3, found: '2 features per example' });
    expect((await refused(Promise.resolve(inputs('holes.csv', 2)))).code).toBe('features-not-finite');
    const tolerant = await inputs('holes.csv', 2, false);
    expect([...tolerant.unreadable!]).toEqual([4, 9]);
    const into = new Float32Array(4).fill(NaN);
    await tolerant.read(Int32Array.of(9, 5), into);
    expect([...into]).toEqual([0, 0, 5, 1]);
  });
});
