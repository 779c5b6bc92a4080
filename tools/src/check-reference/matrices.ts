import { csr, sparseLabels, z, type Csr, type LabelStatistics, type SparseLabels } from '@counterweight/core';

export const vector = z.array(z.number());
const rectangular = (rows: readonly (readonly unknown[])[]): boolean =>
  rows.every((row) => row.length === rows[0]!.length);
const oneLength = { error: 'rows of one length' };
export const matrix = z.array(vector).refine(rectangular, oneLength);
export const bits = z.array(z.array(z.union([z.literal(0), z.literal(1)]))).refine(rectangular, oneLength);
/** Targets, hard or soft. */
export const targets = z.array(z.array(z.number().min(0).max(1))).refine(rectangular, oneLength);
export const counts = z.array(z.int().min(0));

export const flat = (rows: readonly (readonly number[])[]): Float64Array => Float64Array.from(rows.flat());

/** Rows and columns. */
export const shapeOf = (rows: readonly (readonly unknown[])[]): number[] => [rows.length, rows[0]?.length ?? 0];

/** Back to rows. */
export const rowsOf = (values: ArrayLike<number>, columns: number): number[][] =>
  Array.from({ length: values.length / columns }, (_, row) =>
    Array.from({ length: columns }, (_, c) => values[row * columns + c]!),
  );

/**
 * Sparse labels of a matrix of targets and one of 0 (unknown) and 1 (known).
 * @param unlisted what is left out: negatives, or what is unknown
 */
export function labelsOf(
  targets: readonly (readonly number[])[],
  mask?: readonly (readonly number[])[],
  unlisted: SparseLabels['unlisted'] = 'negative',
): SparseLabels {
  const [rows, columns] = [targets.length, targets[0]!.length];
  const where = (holds: (target: number, known: boolean) => boolean): Csr =>
    csr(
      targets.map((row, i) => row.flatMap((y, c) => (holds(y, mask?.[i]![c] !== 0) ? [c] : []))),
      columns,
    );
  const positives = where((y, known) => known && y > 0);
  const values = Float32Array.from(targets.flatMap((row, i) => row.filter((y, c) => y > 0 && mask?.[i]![c] !== 0)));
  const exceptions = where((y, known) => (unlisted === 'negative' ? !known : known && y === 0));
  return sparseLabels({
    rows,
    columns,
    unlisted,
    positives: values.every((y) => y === 1) ? positives : { ...positives, values },
    ...(exceptions.classes.length > 0 && { exceptions }),
  });
}

/** Statistics of a training split with these counts. */
export function statisticsOf(counts: readonly number[], total: number): LabelStatistics {
  const positives = Float64Array.from(counts);
  const prior = positives.map((n) => Math.min(Math.max(n, 0.5), total - 0.5) / total);
  return {
    positives,
    known: positives.map(() => total),
    prior,
    sampledPrior: prior,
    labelsPerExample: positives.reduce((sum, n) => sum + n, 0) / total,
  };
}
