import { errors } from './errors.js';

/** Compressed sparse rows: row i holds `classes[offsets[i] … offsets[i + 1])`. */
export interface Csr {
  /** [rows + 1] */
  readonly offsets: Uint32Array;
  readonly classes: Uint16Array | Uint32Array;
  /** One per class listed. */
  readonly values?: Float32Array;
}

/** Labels of examples, never dense. Made by `sparseLabels`, which checks. */
export interface SparseLabels {
  readonly rows: number;
  readonly columns: number;
  /** Classes ascend within a row, none twice. `values` are soft targets in (0, 1]; absent: all 1. */
  readonly positives: Csr;
  /** What an entry is that is listed nowhere. */
  readonly unlisted: 'negative' | 'unknown';
  /** Unknown entries when `unlisted` is negative, negative ones when it is unknown; disjoint from the positives. */
  readonly exceptions?: Csr;
}

/**
 * Checks and freezes sparse labels.
 * @throws labels-invalid: offsets that fall, a class out of range, out of order or twice, a soft target outside (0, 1],
 *   an entry that is both a positive and an exception
 */
export function sparseLabels(labels: {
  readonly rows: number;
  readonly columns: number;
  readonly positives: Csr;
  readonly unlisted?: 'negative' | 'unknown';
  readonly exceptions?: Csr;
}): SparseLabels {
  const { rows, columns, positives, exceptions } = labels;
  checkCsr('positives', positives, rows, columns);
  if (exceptions) {
    checkCsr('exceptions', exceptions, rows, columns);
    // Both ascend: one walk along the two.
    for (let row = 0; row < rows; row++)
      for (let i = positives.offsets[row]!, j = exceptions.offsets[row]!; i < positives.offsets[row + 1]!; i++) {
        const column = positives.classes[i]!;
        while (j < exceptions.offsets[row + 1]! && exceptions.classes[j]! < column) j++;
        if (j < exceptions.offsets[row + 1]! && exceptions.classes[j] === column)
          throw errors['labels-invalid']({
            found: `row ${String(row)}, class ${String(column)}: both positive and an exception`,
            expected: 'an entry is listed once',
          });
      }
  }
  return Object.freeze({ unlisted: 'negative', ...labels });
}

/** Sparse labels from a list of class indices per row, in any order; equal ones within a row are one. */
export function labelsFromRows(rows: readonly (readonly number[])[], columns: number): SparseLabels {
  const sorted = rows.map((row) => [...new Set(row)].sort((a, b) => a - b));
  return sparseLabels({ rows: rows.length, columns, positives: csr(sorted, columns) });
}

/** Packs ascending rows. */
export function csr(rows: readonly (readonly number[])[], columns: number): Csr {
  const offsets = new Uint32Array(rows.length + 1);
  rows.forEach((row, i) => (offsets[i + 1] = (offsets[i] ?? 0) + row.length));
  const classes = indexArray(offsets[rows.length] ?? 0, columns);
  rows.forEach((row, i) => {
    classes.set(row, offsets[i]);
  });
  return { offsets, classes };
}

/** The classes of a row, a view. */
export function rowOf({ offsets, classes }: Csr, row: number): Uint16Array | Uint32Array {
  return classes.subarray(offsets[row], offsets[row + 1]);
}

/** The labels of some rows, in the order given (repeats allowed). */
export function selectRows(labels: SparseLabels, rows: Int32Array): SparseLabels {
  const { positives, exceptions, ...rest } = labels;
  return Object.freeze({
    ...rest,
    rows: rows.length,
    positives: selectCsr(positives, rows, labels.columns),
    ...(exceptions && { exceptions: selectCsr(exceptions, rows, labels.columns) }),
  });
}

function selectCsr(from: Csr, rows: Int32Array, columns: number): Csr {
  const offsets = new Uint32Array(rows.length + 1);
  rows.forEach((row, i) => {
    offsets[i + 1] = (offsets[i] ?? 0) + ((from.offsets[row + 1] ?? 0) - (from.offsets[row] ?? 0));
  });
  const total = offsets[rows.length] ?? 0;
  const classes = indexArray(total, columns);
  const values = from.values && new Float32Array(total);
  rows.forEach((row, i) => {
    classes.set(rowOf(from, row), offsets[i]);
    if (from.values) values?.set(from.values.subarray(from.offsets[row], from.offsets[row + 1]), offsets[i]);
  });
  return { offsets, classes, ...(values && { values }) };
}

const indexArray = (length: number, columns: number): Uint16Array | Uint32Array =>
  columns <= 0x10000 ? new Uint16Array(length) : new Uint32Array(length);

function checkCsr(name: string, { offsets, classes, values }: Csr, rows: number, columns: number): void {
  const fail = (found: string, expected: string) => errors['labels-invalid']({ found: `${name}: ${found}`, expected });
  if (offsets.length !== rows + 1 || offsets[0] !== 0 || offsets[rows] !== classes.length)
    throw fail(
      `${String(offsets.length)} offsets from ${String(offsets[0])} to ${String(offsets[rows])}`,
      `${String(rows + 1)} offsets from 0 to ${String(classes.length)}`,
    );
  for (let row = 0; row < rows; row++) {
    const [from = 0, to = 0] = [offsets[row], offsets[row + 1]];
    if (to < from)
      throw fail(`offset ${String(to)} after ${String(from)} at row ${String(row)}`, 'offsets that never fall');
    for (let i = from, last = -1; i < to; i++) {
      const column = classes[i] ?? 0;
      if (column <= last || column >= columns)
        throw fail(
          `row ${String(row)} lists class ${String(column)} after ${String(last)}`,
          `classes that ascend within a row, each once, below ${String(columns)}`,
        );
      last = column;
      const value = values?.[i];
      if (value !== undefined && !(value > 0 && value <= 1))
        throw fail(`soft target ${String(value)} at row ${String(row)}, class ${String(column)}`, 'a target in (0, 1]');
    }
  }
}

/** Counts of the training split. */
export interface LabelStatistics {
  /** [classes] sum of targets per class. */
  readonly positives: Float64Array;
  /** [classes] known entries per class. */
  readonly known: Float64Array;
  /** [classes] clip(positives, ½, known − ½) / known: an empty class gets half an example. */
  readonly prior: Float64Array;
  /** [classes] the prior after the draw samplers so far; equal to `prior` without one. */
  readonly sampledPrior: Float64Array;
  readonly labelsPerExample: number;
}

/**
 * Counts over some rows (the training split). Time O(positives + classes).
 * @param draws [rows] how often each row counts, 1 on average; absent: once
 */
export function labelStatistics(labels: SparseLabels, rows: Int32Array, draws?: Float64Array): LabelStatistics {
  const { columns, unlisted, exceptions } = labels;
  const positives = new Float64Array(columns);
  const listed = new Float64Array(columns);
  const excepted = new Float64Array(columns);
  let total = 0;
  rows.forEach((row, position) => {
    const times = draws?.[position] ?? 1;
    const { offsets, classes, values } = labels.positives;
    for (let i = offsets[row] ?? 0; i < (offsets[row + 1] ?? 0); i++) {
      const column = classes[i] ?? 0;
      const target = times * (values?.[i] ?? 1);
      positives[column]! += target;
      listed[column]! += times;
      total += target;
    }
    if (exceptions) for (const column of rowOf(exceptions, row)) excepted[column]! += times;
  });
  const known = listed.map((count, c) =>
    unlisted === 'negative' ? rows.length - (excepted[c] ?? 0) : count + (excepted[c] ?? 0),
  );
  const prior = positives.map((count, c) => {
    const n = Math.max(known[c] ?? 0, 1);
    return Math.min(Math.max(count, 0.5), n - 0.5) / n;
  });
  return {
    positives,
    known,
    prior,
    sampledPrior: prior,
    labelsPerExample: rows.length === 0 ? 0 : total / rows.length,
  };
}
