/** What the checks of a metric evaluate: seeded, with every edge that a split may have. */
import {
  csr,
  labelStatistics,
  randomStream,
  rowOf,
  selectRows,
  shuffle,
  sparseLabels,
  type Evaluation,
  type Scores,
  type SparseLabels,
} from '@counterweight/core';

import { COLUMNS, permuteColumns, STATISTICS, targetsOf, withColumns } from './batches.js';

/** More rows than a block of a usual size has, and no multiple of one. */
const ROWS = 1_100;

const range = (length: number): number[] => Array.from({ length }, (_, i) => i);

/** Class 0 has no positive, class 1 nothing else, class 2 is rare, 3 and 4 are common. */
function labelsOf(rows: number, isUnknown: (row: number, column: number) => boolean = () => false): SparseLabels {
  const random = randomStream(31);
  const shares = [0, 1, 0.02, 0.3, 0.6];
  const entries = range(rows).map((row) => ({
    positives: shares.flatMap((share, c) => (random.uniform() < share || (c === 2 && row === 3) ? [c] : [])),
    unknown: range(COLUMNS).filter((c) => isUnknown(row, c)),
  }));
  const positives = entries.map(({ positives, unknown }) => positives.filter((c) => !unknown.includes(c)));
  const exceptions = csr(
    entries.map(({ unknown }) => unknown),
    COLUMNS,
  );
  return sparseLabels({
    rows,
    columns: COLUMNS,
    positives: csr(positives, COLUMNS),
    ...(exceptions.classes.length > 0 && { exceptions }),
  });
}

/** Of these rows of `partly` nothing is known. */
export const isBlank = (row: number): boolean => row === 5 || row === 700;

// Made anew for each check: a plugin that writes into them breaks one law, not all.
export const known = (): SparseLabels => labelsOf(ROWS);
export const few = (): SparseLabels => labelsOf(9);
export const partly = (): SparseLabels => labelsOf(ROWS, (row, c) => isBlank(row) || (7 * row + 3 * c) % 11 < 4);

/** The same knowledge as `partly`, the other way round: what is not listed is unknown. */
export function listed(): SparseLabels {
  const { positives, exceptions } = partly();
  const negatives = range(ROWS).map((row) => {
    const others = [...rowOf(positives, row), ...rowOf(exceptions!, row)];
    return range(COLUMNS).filter((c) => !others.includes(c));
  });
  return sparseLabels({
    rows: ROWS,
    columns: COLUMNS,
    positives,
    unlisted: 'unknown',
    exceptions: csr(negatives, COLUMNS),
  });
}

/** Every target is this one. */
export const withTarget = (labels: SparseLabels, target: number): SparseLabels =>
  sparseLabels({
    ...labels,
    positives: { ...labels.positives, values: new Float32Array(labels.positives.classes.length).fill(target) },
  });

/**
 * [rows · columns] logits, positives a little higher: multiples of 1/1024 within ±6, all different, which stay apart under the
 * maps of the checks; tied, whole numbers.
 */
export function logitsOf(labels: SparseLabels, { tied = false, seed = 5 } = {}): Float32Array {
  const random = randomStream(seed);
  const seen = new Set<number>();
  return Float32Array.from(targetsOf(labels), (target) => {
    for (;;) {
      const z = Math.round(1024 * Math.max(-6, Math.min(6, random.normal() - (target ? -0.5 : 1)))) / 1024;
      if (seen.has(z)) continue;
      seen.add(z);
      return tied ? Math.round(z) : z;
    }
  });
}

/** Scores that lie in memory, handed out as views of it. */
export const inMemory = (values: Float32Array, columns: number): Scores => ({
  rows: values.length / columns,
  columns,
  block: (from, to) => values.subarray(from * columns, to * columns),
});

/** At a threshold of a half, with statistics of the kit's own. */
export const evaluationOf = (
  labels: SparseLabels,
  values: Float32Array = logitsOf(labels),
  more: Partial<Evaluation> = {},
): Evaluation => ({
  scores: inMemory(values, labels.columns),
  labels,
  training:
    labels.columns === COLUMNS
      ? structuredClone(STATISTICS)
      : labelStatistics(labels, Int32Array.from(range(labels.rows))),
  threshold: 0.5,
  ...more,
});

/** [classes] */
export const THRESHOLDS = Float64Array.of(0.5, 0.3, 0.1, 0.7, 0.5);
export const INCLUDED = Uint8Array.of(1, 1, 0, 1, 1);

/** The same rows in another order, or some of them. */
export function withRows(evaluation: Evaluation, values: Float32Array, order: readonly number[]): Evaluation {
  const { labels } = evaluation;
  const rows = order.flatMap((row) => [...values.subarray(row * labels.columns, (row + 1) * labels.columns)]);
  return {
    ...evaluation,
    labels: selectRows(labels, Int32Array.from(order)),
    scores: inMemory(Float32Array.from(rows), labels.columns),
  };
}

/** The same classes in another order; `order[i]` is the one that comes to place i. */
export function withClasses(evaluation: Evaluation, values: Float32Array, order: readonly number[]): Evaluation {
  const { labels, training, included, thresholds } = evaluation;
  const moved = (array: Float64Array): Float64Array => array.map((_, c) => array[order[c]!]!);
  const { positives, known, prior, sampledPrior } = training;
  return {
    ...evaluation,
    labels: withColumns(labels, order),
    scores: inMemory(permuteColumns(values, order), labels.columns),
    training: {
      ...training,
      positives: moved(positives),
      known: moved(known),
      prior: moved(prior),
      sampledPrior: moved(sampledPrior),
    },
    ...(included && { included: included.map((_, c) => included[order[c]!]!) }),
    ...(thresholds && { thresholds: moved(thresholds) }),
  };
}

/** Rows in another order, seeded. */
export const shuffled = (rows: number): number[] => [...shuffle(Int32Array.from(range(rows)), randomStream(9))];
