import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { csr, selectRows, sparseLabels, z, type SparseLabels } from '@counterweight/core';
import { ensureBackend, mineConformance } from '@counterweight/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';

import { ohemExamples } from './examples.js';
import { examplesOptions, type OhemExamplesOptions } from './examples-options.js';
import plugins from './index.js';
import adapter from './reference.js';

mineConformance({ test, plugin: plugins[1], options: [{}, { score: 'mean' }, { fraction: 0.01 }, { fraction: 1 }] });

beforeAll(ensureBackend);

type Batch = Parameters<ReturnType<typeof ohemExamples>['mine']>[0]['batch'];

/** [batch] 1 where a row is kept; fails unless all entries of a row have the same weight. */
function keptRows(losses: number[][], labels: SparseLabels, options: OhemExamplesOptions): number[] {
  const weights = tf.tidy(() =>
    ohemExamples(options)
      .mine({ losses: tf.tensor2d(losses), batch: { labels } as Batch })
      .weights.arraySync(),
  );
  return weights.map((row) => {
    expect(new Set(row).size).toBe(1);
    return row[0]!;
  });
}

/** 1 positive, 0 negative, null unknown. */
type Target = 0 | 1 | null;
function labelsOf(targets: readonly (readonly Target[])[], unlisted: SparseLabels['unlisted']): SparseLabels {
  const columns = targets[0]!.length;
  const where = (wanted: Target) =>
    csr(
      targets.map((row) => [...row.keys()].filter((c) => row[c] === wanted)),
      columns,
    );
  const exceptions = where(unlisted === 'negative' ? null : 0);
  return sparseLabels({ rows: targets.length, columns, positives: where(1), unlisted, exceptions });
}

test('the rule, sum and mean, with ties and unknown entries', () => {
  const entry = fc.record({ target: fc.constantFrom<Target>(0, 0, 1, null), loss: fc.integer({ min: 0, max: 6 }) });
  const matrix = fc
    .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 5 }))
    .chain(([rows, columns]) =>
      fc.array(fc.array(entry, { minLength: columns, maxLength: columns }), { minLength: rows, maxLength: rows }),
    );
  const chosen = fc.record({
    fraction: fc.integer({ min: 1, max: 10 }).map((tenths) => tenths / 10),
    score: fc.constantFrom('sum' as const, 'mean' as const),
    startEpoch: fc.constant(1),
  });
  fc.assert(
    fc.property(matrix, chosen, fc.constantFrom('negative' as const, 'unknown' as const), (rows, options, unlisted) => {
      const known = rows.map((row) => row.filter(({ target }) => target !== null).map(({ loss }) => loss / 4));
      const sums = known.map((row) => row.reduce((a, b) => a + b, 0));
      const scores = options.score === 'sum' ? sums : sums.map((sum, i) => sum / known[i]!.length);
      const order = [...rows.keys()]
        .filter((i) => known[i]!.length > 0)
        .sort((a, b) => scores[b]! - scores[a]! || a - b);
      const tenths = Math.round(10 * options.fraction);
      const kept = new Set(order.slice(0, Math.max(1, Math.ceil((tenths * order.length) / 10))));
      const labels = labelsOf(
        rows.map((row) => row.map(({ target }) => target)),
        unlisted,
      );
      const losses = rows.map((row) => row.map(({ target, loss }) => (target === null ? 0 : loss / 4)));
      expect(keptRows(losses, labels, options)).toEqual([...rows.keys()].map((i) => (kept.has(i) ? 1 : 0)));
    }),
  );
});

const threeRows = labelsOf(
  [
    [1, 0],
    [0, 0],
    [1, 1],
  ],
  'negative',
);

test('a share that is whole but for rounding keeps no example more, and any share keeps one', () => {
  const labels = selectRows(threeRows, new Int32Array(100));
  const losses = Array.from({ length: 100 }, (_, row) => [row, 0]);
  for (const [fraction, count] of [
    [0.07, 7], // 7.000000000000001
    [0.55, 55], // 55.00000000000001
    [0.071, 8],
    [1e-12, 1],
  ] as const) {
    const kept = keptRows(losses, labels, examplesOptions.parse({ fraction }));
    expect(kept.reduce((a, b) => a + b)).toBe(count);
  }
});

test('the mean is over the entries kept', () => {
  const batch = { labels: threeRows } as Batch;
  const mine = () => ohemExamples(examplesOptions.parse({})).mine({ losses: tf.zeros([3, 2]), batch });
  expect(tf.tidy(() => mine().denominator)).toBe('kept');
});

test('an example of which nothing is known is neither kept nor counted', () => {
  const labels = labelsOf(
    [
      [null, null],
      [0, null],
      [0, 0],
      [null, null],
    ],
    'negative',
  );
  const losses = [
    [0, 0],
    [0, 0],
    [0, 0],
    [0, 0],
  ];
  expect(keptRows(losses, labels, examplesOptions.parse({}))).toEqual([0, 1, 0, 0]);
});

test('a NaN is kept, so that training notices it', () => {
  const losses = [
    [9, 9],
    [NaN, 0],
    [8, 8],
  ];
  expect(keptRows(losses, threeRows, examplesOptions.parse({ fraction: 0.1 }))).toEqual([0, 1, 0]);
});

test('options: the fraction is above 0 and at most 1, and the defaults are those of the README', () => {
  expect(examplesOptions.parse({})).toEqual({ fraction: 0.5, score: 'sum', startEpoch: 1 });
  expect(examplesOptions.safeParse({ fraction: 0 }).success).toBe(false);
  expect(examplesOptions.safeParse({ fraction: 1.01 }).success).toBe(false);
  expect(examplesOptions.safeParse({ score: 'max' }).success).toBe(false);
  expect(ohemExamples(examplesOptions.parse({ startEpoch: 4 })).startEpoch).toBe(4);
});

const file = fileURLToPath(new URL('../../../../shared/reference/samplers.json', import.meta.url));
const absent = !existsSync(file);
if (absent) console.log(`skipped: mining of examples against the reference, ${file} is absent`);

describe.skipIf(absent)('the reference', () => {
  const matrix = z.array(z.array(z.number()));
  const cases = z.looseObject({ keepFraction: z.number(), scoreBy: z.string(), kept: z.array(z.number()) });
  const tables = z.object({
    mining: z.array(z.object({ losses: matrix, targets: matrix, mask: matrix, examples: z.array(cases) })),
  });

  test('keeps the same examples', () => {
    const { mining } = tables.parse(JSON.parse(readFileSync(file, 'utf8')));
    let checked = 0;
    for (const { losses, targets, mask, examples } of mining)
      for (const { keepFraction, scoreBy, kept } of examples)
        for (const unlisted of ['negative', 'unknown'] as const) {
          const masked = targets.map((row, i) => row.map((y, c) => (mask[i]![c] === 1 ? (y as 0 | 1) : null)));
          const known = losses.map((row, i) => row.map((loss, c) => loss * mask[i]![c]!));
          const { options } = adapter.miners.examples({ keepFraction, scoreBy });
          expect(keptRows(known, labelsOf(masked, unlisted), examplesOptions.parse(options))).toEqual(kept);
          checked++;
        }
    expect(checked).toBeGreaterThan(10);
  });
});
