import { randomStream, shuffle, z, type SparseLabels } from '@counterweight/core';
import type { ReferenceAdapter } from '@counterweight/testing';

import { agree, FLOAT64, Mismatch } from './agreement.js';
import { kind } from './case.js';
import { labelsOf } from './matrices.js';

const stratificationCase = z.strictObject({
  kind,
  labels: z.array(z.string().regex(/^[01]+$/)),
  folds: z.int().min(2),
  labelDistanceRandomMean: z.number(),
  labelDistanceRandom5thPercentile: z.number(),
  lowestIndexVariant: z.strictObject({
    assignment: z.array(z.int()),
    sizes: z.array(z.int()),
    labelDistance: z.number(),
    labelCounts: z.array(z.array(z.int())),
  }),
});

const SEEDS = [0, 1, 2, 3, 4];
const RANDOM_SPLITS = 400;

/** The invariants with several seeds, and the one exact answer where every tie goes to the lowest index. */
export function checkStratification(entry: unknown, stratify: NonNullable<ReferenceAdapter['stratify']>): void {
  const given = stratificationCase.parse(entry);
  const rows = given.labels.map((row) => Array.from(row, Number));
  const labels: SparseLabels = labelsOf(rows);

  // The file's two numbers of random splits, against random splits of our own: about.
  const random = randomStream(1);
  const distances = Array.from({ length: RANDOM_SPLITS }, () =>
    labelDistance(
      rows,
      shuffle(
        Int32Array.from(rows, (_, i) => i % given.folds),
        random,
      ),
      given.folds,
    ),
  ).sort((a, b) => a - b);
  const mean = distances.reduce((a, b) => a + b, 0) / RANDOM_SPLITS;
  agree('labelDistanceRandomMean, about', mean, given.labelDistanceRandomMean, { absolute: 0, relative: 0.1 });
  const fifth = distances[Math.floor(0.05 * RANDOM_SPLITS)]!;
  agree('labelDistanceRandom5thPercentile, about', fifth, given.labelDistanceRandom5thPercentile, {
    absolute: 0,
    relative: 0.2,
  });

  for (const seed of SEEDS) {
    const assignment = stratify(labels, given.folds, seed);
    agree('examples with a fold', assignment.length, rows.length, FLOAT64);
    if (Array.from(assignment).some((fold) => !(fold >= 0 && fold < given.folds)))
      throw new Mismatch('a fold out of range');
    const distance = labelDistance(rows, assignment, given.folds);
    if (!(distance < given.labelDistanceRandom5thPercentile))
      throw new Mismatch(`seed ${seed}: label distance ${distance}, no better than random splits`);
  }

  const assignment = Array.from(stratify(labels, given.folds));
  const inFold = (fold: number): number[][] => rows.filter((_, i) => assignment[i] === fold);
  const folds = Array.from({ length: given.folds }, (_, fold) => inFold(fold));
  const answer = {
    assignment,
    sizes: folds.map((members) => members.length),
    labelDistance: labelDistance(rows, assignment, given.folds),
    labelCounts: folds.map((members) => rows[0]!.map((_, c) => members.filter((row) => row[c] === 1).length)),
  };
  agree('lowestIndexVariant', answer, given.lowestIndexVariant, FLOAT64);
}

/** Mean over classes with both values of the mean over folds of |odds in the fold − odds overall| (Sechidis 2011, §4). */
function labelDistance(rows: readonly (readonly number[])[], assignment: ArrayLike<number>, folds: number): number {
  const distances = rows[0]!.flatMap((_, c) => {
    const positives = new Float64Array(folds);
    const sizes = new Float64Array(folds);
    rows.forEach((row, i) => {
      positives[assignment[i]!]! += row[c]!;
      sizes[assignment[i]!]! += 1;
    });
    const all = positives.reduce((a, b) => a + b, 0);
    if (all === 0 || all === rows.length) return [];
    const odds = all / (rows.length - all);
    return [positives.reduce((sum, n, k) => sum + Math.abs(n / Math.max(sizes[k]! - n, 1) - odds), 0) / folds];
  });
  return distances.reduce((a, b) => a + b, 0) / distances.length;
}
