/** Which entries are positive and which are known: the only place where labels are interpreted. */
import type { Csr, SparseLabels } from '@counterweight/core';

/** A listed entry is positive from a target of one half on; below, it is a negative one. */
const isPositive = ({ values }: Csr, index: number): boolean => values === undefined || values[index]! >= 0.5;

/** Entries per class, [classes] each. */
export interface TargetCounts {
  readonly positives: Float64Array;
  /** Positive or negative, not unknown. */
  readonly known: Float64Array;
}

/** Time O(listed entries + classes). */
export function countTargets(labels: SparseLabels): TargetCounts {
  const { rows, columns, positives: listed, exceptions, unlisted } = labels;
  const positives = new Float64Array(columns);
  const known = new Float64Array(columns).fill(unlisted === 'negative' ? rows : 0);
  listed.classes.forEach((column, index) => {
    if (isPositive(listed, index)) positives[column]! += 1;
    if (unlisted === 'unknown') known[column]! += 1;
  });
  exceptions?.classes.forEach((column) => (known[column]! += unlisted === 'unknown' ? 1 : -1));
  return { positives, known };
}

/** Visits the positive entries of a row: ascending classes. */
export function eachPositive({ positives }: SparseLabels, row: number, visit: (column: number) => void): void {
  const end = positives.offsets[row + 1]!;
  for (let i = positives.offsets[row]!; i < end; i++) if (isPositive(positives, i)) visit(positives.classes[i]!);
}

/** Visits the known entries of a row as runs of neighbours [from, to): all of them once, in no particular order. */
export function eachKnownRun(labels: SparseLabels, row: number, visit: (from: number, to: number) => void): void {
  const { positives, exceptions, unlisted, columns } = labels;
  if (unlisted === 'unknown') {
    for (const { offsets, classes } of exceptions ? [positives, exceptions] : [positives])
      for (let i = offsets[row]!; i < offsets[row + 1]!; i++) visit(classes[i]!, classes[i]! + 1);
    return;
  }
  let from = 0;
  if (exceptions)
    for (let i = exceptions.offsets[row]!; i < exceptions.offsets[row + 1]!; i++) {
      const unknown = exceptions.classes[i]!;
      if (unknown > from) visit(from, unknown);
      from = unknown + 1;
    }
  if (columns > from) visit(from, columns);
}

/** Whether an entry is known. Time O(known runs of the row): for error paths. */
export function isKnown(labels: SparseLabels, row: number, column: number): boolean {
  let known = false;
  eachKnownRun(labels, row, (from, to) => (known ||= from <= column && column < to));
  return known;
}
