import { csr, randomStream, sparseLabels, type SparseLabels } from '@counterweight/core';
import { ensureBackend, mineConformance } from '@counterweight/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';

import plugins from './index.js';
import { ohem } from './ohem.js';
import { options, type OhemOptions } from './options.js';

mineConformance({
  test,
  plugin: plugins[0],
  options: [
    {},
    { scope: 'class' },
    { scope: 'example', negativesPerPositive: 1 },
    { negativesPerPositive: 0.5, minNegatives: 3 },
  ],
});

beforeAll(ensureBackend);

/** The rule, as slowly as it reads: sort a scope's negatives by loss, row, column; keep the first k. */
function slowly(
  losses: Float32Array,
  labels: SparseLabels,
  { scope, negativesPerPositive, minNegatives }: OhemOptions,
) {
  const { columns } = labels;
  const kinds = kindsOf(labels);
  const scopeOf = (i: number): number => ({ batch: 0, class: i % columns, example: Math.floor(i / columns) })[scope];
  const kept = new Float32Array(losses.length);
  for (const group of new Set(kinds.map((_, i) => scopeOf(i)))) {
    const inside = [...kinds.keys()].filter((i) => scopeOf(i) === group);
    const positives = inside.filter((i) => kinds[i] === 'positive');
    const negatives = inside.filter((i) => kinds[i] === 'negative');
    const k = Math.max(minNegatives, Math.ceil(negativesPerPositive * positives.length - 1e-9));
    for (const i of [...positives, ...negatives.sort((a, b) => losses[b]! - losses[a]! || a - b).slice(0, k)])
      kept[i] = 1;
  }
  return kept;
}

type EntryKind = 'positive' | 'negative' | 'unknown';

const labelsOfKinds = (
  kinds: readonly EntryKind[],
  columns: number,
  unlisted: SparseLabels['unlisted'],
): SparseLabels => {
  const rows = kinds.length / columns;
  const where = (kind: EntryKind) =>
    csr(
      Array.from({ length: rows }, (_, row) =>
        Array.from({ length: columns }, (_, c) => c).filter((c) => kinds[row * columns + c] === kind),
      ),
      columns,
    );
  const exceptions = where(unlisted === 'negative' ? 'unknown' : 'negative');
  return sparseLabels({ rows, columns, positives: where('positive'), unlisted, exceptions });
};

function kindsOf({ rows, columns, positives, unlisted, exceptions }: SparseLabels): EntryKind[] {
  const kinds = new Array<EntryKind>(rows * columns).fill(unlisted);
  const mark = ({ offsets, classes }: SparseLabels['positives'], kind: EntryKind): void => {
    for (let row = 0; row < rows; row++)
      for (let i = offsets[row]!; i < offsets[row + 1]!; i++) kinds[row * columns + classes[i]!] = kind;
  };
  mark(positives, 'positive');
  if (exceptions) mark(exceptions, unlisted === 'negative' ? 'unknown' : 'negative');
  return kinds;
}

/** Only what a miner reads of a batch. */
const mine = (losses: Float32Array, labels: SparseLabels, chosen: OhemOptions): Float32Array =>
  tf.tidy(() =>
    ohem(chosen)
      .mine({
        losses: tf.tensor2d(losses.slice(), [labels.rows, labels.columns]),
        batch: { labels } as Parameters<ReturnType<typeof ohem>['mine']>[0]['batch'],
      })
      .weights.dataSync<'float32'>()
      .slice(),
  );

test('the rule, in every scope, with ties and unknown entries', () => {
  const entry = fc.constantFrom<EntryKind>('positive', 'negative', 'negative', 'negative', 'unknown');
  const matrix = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 7 })).chain(([rows, columns]) =>
    fc.record({
      columns: fc.constant(columns),
      kinds: fc.array(entry, { minLength: rows * columns, maxLength: rows * columns }),
      losses: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: rows * columns, maxLength: rows * columns }),
    }),
  );
  const chosen = fc.record({
    scope: fc.constantFrom('batch' as const, 'class' as const, 'example' as const),
    negativesPerPositive: fc.double({ min: 0, max: 4, noNaN: true }),
    minNegatives: fc.nat(3),
  });
  fc.assert(
    fc.property(matrix, chosen, fc.boolean(), ({ columns, kinds, losses }, limits, listed) => {
      const labels = labelsOfKinds(kinds, columns, listed ? 'unknown' : 'negative');
      const full = { ...limits, denominator: 'kept', startEpoch: 1 } as const;
      const values = Float32Array.from(losses, (x, i) => (kinds[i] === 'unknown' ? 0 : x / 4));
      expect(mine(values, labels, full)).toEqual(slowly(values, labels, full));
    }),
  );
});

test('the rule on a batch that is large enough for sampled pivots', () => {
  const random = randomStream(2);
  const columns = 300;
  const kinds = Array.from({ length: 16 * columns }, (): EntryKind =>
    random.uniform() < 0.04 ? 'positive' : 'negative',
  );
  for (const levels of [1e6, 7]) {
    const losses = Float32Array.from(kinds, () => Math.floor(levels * random.uniform()) / levels);
    const labels = labelsOfKinds(kinds, columns, 'negative');
    for (const scope of ['batch', 'example'] as const) {
      const chosen = options.parse({ scope });
      expect(mine(losses, labels, chosen)).toEqual(slowly(losses, labels, chosen));
    }
  }
});

test('a ratio that is whole but for rounding keeps no negative more', () => {
  const kinds = Array.from({ length: 400 }, (_, i): EntryKind => (i < 100 ? 'positive' : 'negative'));
  const labels = labelsOfKinds(kinds, 400, 'negative');
  for (const [negativesPerPositive, count] of [
    [0.07, 7], // 7.000000000000001
    [1.1, 110], // 110.00000000000001
    [0.071, 8],
  ] as const) {
    const kept = mine(new Float32Array(400), labels, options.parse({ negativesPerPositive }));
    expect(kept.reduce((a, b) => a + b)).toBe(100 + count);
  }
});

test('more than there are is no mining', () => {
  const kinds: EntryKind[] = ['positive', 'negative', 'unknown', 'negative', 'negative', 'positive'];
  const labels = labelsOfKinds(kinds, 3, 'negative');
  const kept = mine(new Float32Array(6), labels, options.parse({ negativesPerPositive: 1e9 }));
  expect([...kept]).toEqual([1, 1, 0, 1, 1, 1]);
});

test('a NaN is kept, so that training notices it', () => {
  const labels = labelsOfKinds(['positive', 'negative', 'negative', 'negative'], 4, 'negative');
  expect(mine(Float32Array.of(1, NaN, 3, 2), labels, options.parse({ negativesPerPositive: 2 }))[1]).toBe(1);
});

test('options: nothing but positives is refused, and the defaults are the paper’s', () => {
  expect(options.parse({})).toEqual({
    scope: 'batch',
    negativesPerPositive: 3,
    minNegatives: 1,
    denominator: 'kept',
    startEpoch: 1,
  });
  const { error } = options.safeParse({ negativesPerPositive: 0, minNegatives: 0 });
  expect(error!.issues[0]!.path).toEqual(['minNegatives']);
  expect(options.safeParse({ negativesPerPositive: 0, minNegatives: 1 }).success).toBe(true);
  expect(options.safeParse({ scope: 'column' }).success).toBe(false);
});

test('denominator and warm-up are passed on', () => {
  const sampler = ohem(options.parse({ denominator: 'positives', startEpoch: 4 }));
  expect(sampler.startEpoch).toBe(4);
  const labels = labelsOfKinds(['positive', 'negative'], 2, 'negative');
  const batch = { labels } as Parameters<typeof sampler.mine>[0]['batch'];
  expect(tf.tidy(() => sampler.mine({ losses: tf.zeros([1, 2]), batch }).denominator)).toBe('positives');
});
