import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { labelsFromRows, type SparseLabels } from './labels.js';
import { randomStream } from './random.js';
import { stratify } from './stratification.js';

const reference = new URL('../../../../shared/reference/samplers.json', import.meta.url);
const skipped = !existsSync(reference);
if (skipped) console.log(`skipped: stratification against the reference, ${reference.pathname} is absent`);

/** Label distance (Sechidis 2011, eq. 1): mean over classes with both values of the mean over folds of |odds in the fold − odds overall|. */
function labelDistance(labels: SparseLabels, folds: Uint8Array, count: number): number {
  const sizes = new Float64Array(count);
  const positives = Array.from({ length: labels.columns }, () => new Float64Array(count));
  folds.forEach((fold, row) => {
    sizes[fold]! += 1;
    for (let i = labels.positives.offsets[row]!; i < labels.positives.offsets[row + 1]!; i++)
      positives[labels.positives.classes[i]!]![fold]! += 1;
  });
  const distances = positives.flatMap((inFold) => {
    const all = inFold.reduce((a, b) => a + b, 0);
    if (all === 0 || all === labels.rows) return [];
    const overall = all / (labels.rows - all);
    const apart = inFold.map((n, fold) => Math.abs(n / Math.max(sizes[fold]! - n, 1) - overall));
    return [apart.reduce((a, b) => a + b, 0) / count];
  });
  return distances.reduce((a, b) => a + b, 0) / distances.length;
}

interface Case {
  labels: string[];
  folds: number;
  labelDistanceRandom5thPercentile: number;
  lowestIndexVariant: { assignment: number[]; labelDistance: number };
}

describe.skipIf(skipped)('the reference', () => {
  const cases = skipped
    ? []
    : (JSON.parse(readFileSync(reference, 'utf8')) as { stratification: Case[] }).stratification;
  test.each(cases)('$folds folds', ({ labels: bits, folds, labelDistanceRandom5thPercentile, lowestIndexVariant }) => {
    const labels = labelsFromRows(
      bits.map((row) => Array.from(row).flatMap((bit, c) => (bit === '1' ? [c] : []))),
      bits[0]!.length,
    );
    const shares = Array<number>(folds).fill(1 / folds);
    const lowest = stratify(labels, shares);
    expect([...lowest]).toEqual(lowestIndexVariant.assignment);
    expect(labelDistance(labels, lowest, folds)).toBeCloseTo(lowestIndexVariant.labelDistance, 12);
    for (let seed = 0; seed < 20; seed++) {
      const folded = stratify(labels, shares, { random: randomStream(seed) });
      expect(labelDistance(labels, folded, folds)).toBeLessThan(labelDistanceRandom5thPercentile);
    }
  });
});

const columns = 9;
const tables = fc.array(fc.uniqueArray(fc.nat(columns - 1), { maxLength: 5 }), { maxLength: 60 });

test('every row gets a fold with a share, the same at the same seed', () => {
  fc.assert(
    fc.property(tables, fc.nat(1000), (rows, seed) => {
      const labels = labelsFromRows(rows, columns);
      const shares = [0.7, 0, 0.1, 0.2];
      const folds = stratify(labels, shares, { random: randomStream(seed) });
      expect(folds).toHaveLength(rows.length);
      expect([...folds].every((fold) => fold === 0 || fold === 2 || fold === 3)).toBe(true);
      expect(stratify(labels, shares, { random: randomStream(seed) })).toEqual(folds);
    }),
  );
});

test('groups stay together', () => {
  fc.assert(
    fc.property(tables, fc.nat(1000), (rows, seed) => {
      const random = randomStream(seed);
      const groups = Int32Array.from(rows, () => random.integer(8) - 3);
      const folds = stratify(labelsFromRows(rows, columns), [0.5, 0.5], { groups, random });
      const foldOf = new Map(rows.map((_, row) => [groups[row], folds[row]]));
      rows.forEach((_, row) => {
        expect(folds[row]).toBe(foldOf.get(groups[row]));
      });
    }),
  );
});

test('each row its own group is no group at all', () => {
  fc.assert(
    fc.property(tables, (rows) => {
      const labels = labelsFromRows(rows, columns);
      const groups = Int32Array.from(rows, (_, row) => 1000 - row);
      expect(stratify(labels, [0.6, 0.4], { groups })).toEqual(stratify(labels, [0.6, 0.4]));
    }),
  );
});

test('some rows: their folds are those of a table that holds these rows alone', () => {
  fc.assert(
    fc.property(tables, (rows) => {
      const some = Int32Array.from({ length: rows.length >> 1 }, (_, i) => rows.length - 1 - 2 * i);
      const alone = labelsFromRows(
        [...some].map((row) => rows[row]!),
        columns,
      );
      expect(stratify(labelsFromRows(rows, columns), [0.6, 0.4], { rows: some })).toEqual(stratify(alone, [0.6, 0.4]));
    }),
  );
});

test('a rare class is dealt in its shares although a common one covers every row', () => {
  const rows = Array.from({ length: 1000 }, (_, row) => (row % 100 === 0 ? [0, 1] : [0]));
  const folds = stratify(labelsFromRows(rows, 2), [0.7, 0.1, 0.2], { random: randomStream(3) });
  const count = (of: (row: number) => boolean) =>
    [0, 1, 2].map((fold) => folds.filter((f, row) => f === fold && of(row)).length);
  expect(count((row) => row % 100 === 0)).toEqual([7, 1, 2]);
  expect(count(() => true)).toEqual([700, 100, 200]);
});

test('a seed deals in random order: the first rows do not all go to the first fold', () => {
  const labels = labelsFromRows(
    Array.from({ length: 100 }, () => [0]),
    1,
  );
  const first = (folds: Uint8Array) => folds.subarray(0, 30).filter((fold) => fold === 0).length;
  expect(first(stratify(labels, [0.5, 0.3, 0.2]))).toBeGreaterThan(20);
  const counts = Array.from({ length: 20 }, (_, seed) =>
    first(stratify(labels, [0.5, 0.3, 0.2], { random: randomStream(seed) })),
  );
  const mean = counts.reduce((a, b) => a + b, 0) / counts.length;
  expect(mean).toBeGreaterThan(12);
  expect(mean).toBeLessThan(18);
});

test.each([[[0.5, 0.4]], [[1.2, -0.2]], [[NaN, 1]], [[]]])('shares %j are refused', (shares) => {
  expect(() => stratify(labelsFromRows([[0]], 1), shares)).toThrow('split-shares-invalid');
});
