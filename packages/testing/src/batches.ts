/** Labels and logits that the checks run on: small, seeded, with every edge that a batch may have. */
import {
  csr,
  labelsFromRows,
  labelStatistics,
  randomStream,
  rowOf,
  sparseLabels,
  type LabelStatistics,
  type RandomStream,
  type SparseLabels,
} from '@counterweight/core';

export const COLUMNS = 5;
const ROWS = 8;

/** Of a training split with a class without positives, a rare, a common and a nearly full one. */
export const STATISTICS: LabelStatistics = (() => {
  const shares = [0, 0.005, 0.06, 0.4, 0.99];
  const random = randomStream(11);
  const rows = Array.from({ length: 400 }, (_, row) =>
    shares.flatMap((share, c) => (random.uniform() < share || (c === 1 && row === 7) ? [c] : [])),
  );
  return labelStatistics(labelsFromRows(rows, COLUMNS), Int32Array.from(rows.keys()));
})();

/** A class without positives, one with only positives, a row without. */
const POSITIVES = [[1, 2], [1], [1, 4], [1, 3, 4], [1], [1, 2, 3], [1, 4], [1]].map((row, i) => (i === 4 ? [] : row));

export const hardLabels = labelsFromRows(POSITIVES, COLUMNS);

/** Row 2 and class 3 unknown, and some more. */
const UNKNOWN = POSITIVES.map((_, row) => {
  const some = [0, 1, 2, 3, 4].filter((c) => row === 2 || c === 3 || (3 * row + c) % 7 === 0);
  return some;
});

/** Some entries unknown, listed as such. */
export const maskedLabels = sparseLabels({
  rows: ROWS,
  columns: COLUMNS,
  positives: csr(
    POSITIVES.map((row, i) => row.filter((c) => !UNKNOWN[i]!.includes(c))),
    COLUMNS,
  ),
  exceptions: csr(UNKNOWN, COLUMNS),
});

/** The same knowledge, the other way round: what is not listed is unknown. */
export const listedLabels = sparseLabels({
  rows: ROWS,
  columns: COLUMNS,
  positives: maskedLabels.positives,
  unlisted: 'unknown',
  exceptions: csr(
    POSITIVES.map((row, i) => [0, 1, 2, 3, 4].filter((c) => !row.includes(c) && !UNKNOWN[i]!.includes(c))),
    COLUMNS,
  ),
});

export const unknownLabels = sparseLabels({
  rows: 3,
  columns: COLUMNS,
  positives: csr([[], [], []], COLUMNS),
  unlisted: 'unknown',
});

/** Nothing but positives. */
export const fullLabels = labelsFromRows(
  Array.from({ length: 2 }, () => [0, 1, 2, 3, 4]),
  COLUMNS,
);

/** The hard labels with every target multiplied. */
export const softLabels = (target: number): SparseLabels =>
  sparseLabels({
    ...hardLabels,
    positives: {
      ...hardLabels.positives,
      values: new Float32Array(hardLabels.positives.classes.length).fill(target),
    },
  });

/** [rows · columns] multiples of 1/64, exact in float32, all different. */
export function logitsFor({ rows, columns }: SparseLabels, random: RandomStream = randomStream(3)): Float64Array {
  const seen = new Set<number>();
  return Float64Array.from({ length: rows * columns }, () => {
    for (;;) {
      const z = Math.round(64 * 2.5 * random.normal()) / 64;
      if (seen.has(z)) continue;
      seen.add(z);
      return z;
    }
  });
}

/** Each entry of a batch: its target, or null where unknown. Row-major. */
export function targetsOf({ rows, columns, positives, unlisted, exceptions }: SparseLabels): (number | null)[] {
  const targets = new Array<number | null>(rows * columns).fill(unlisted === 'negative' ? 0 : null);
  for (let row = 0; row < rows; row++) {
    if (exceptions)
      for (const c of rowOf(exceptions, row)) targets[row * columns + c] = unlisted === 'negative' ? null : 0;
    for (let i = positives.offsets[row]!; i < positives.offsets[row + 1]!; i++)
      targets[row * columns + positives.classes[i]!] = positives.values?.[i] ?? 1;
  }
  return targets;
}

/** Rows in another order; `order[i]` is the row that comes to place i. */
export const permuteRows = <T extends Float32Array | Float64Array>(matrix: T, order: readonly number[]): T => {
  const columns = matrix.length / order.length;
  const result = matrix.slice() as T;
  order.forEach((row, i) => result.set(matrix.subarray(row * columns, (row + 1) * columns), i * columns));
  return result;
};

/** `columns[i]` is the column that comes to place i. */
export const permuteColumns = (matrix: Float32Array, columns: readonly number[]): Float32Array =>
  matrix.map((_, i) => matrix[i - (i % COLUMNS) + columns[i % COLUMNS]!]!);

/** The labels after the same exchange of columns. */
export function withColumns(labels: SparseLabels, columns: readonly number[]): SparseLabels {
  const moved = (list: SparseLabels['positives']) =>
    csr(
      Array.from({ length: labels.rows }, (_, row) =>
        [...rowOf(list, row)].map((c) => columns.indexOf(c)).sort((a, b) => a - b),
      ),
      COLUMNS,
    );
  return sparseLabels({
    ...labels,
    positives: moved(labels.positives),
    ...(labels.exceptions && { exceptions: moved(labels.exceptions) }),
  });
}
