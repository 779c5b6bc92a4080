import type { Csr, SparseLabels } from '@counterweight/core';

import type { OhemOptions } from './options.js';

/** Entries that are mined apart from all others: places `start` to `end` (exclusive) of a layout. */
export interface Scope {
  readonly start: number;
  readonly end: number;
  readonly positives: number;
  /** Known ones. */
  readonly negatives: number;
}

/** Where an entry lies in memory; scopes are contiguous in it. Row-major, except for scopes by class: column-major. */
export interface Layout {
  readonly rowStep: number;
  readonly columnStep: number;
}

export const layout = (kind: OhemOptions['scope'], { rows, columns }: SparseLabels): Layout =>
  kind === 'class' ? { rowStep: 1, columnStep: rows } : { rowStep: columns, columnStep: 1 };

export function scopes(kind: OhemOptions['scope'], labels: SparseLabels): Scope[] {
  const { rows, columns, unlisted } = labels;
  const count = { batch: 1, class: columns, example: rows }[kind];
  const size = (rows * columns) / count;
  const positives = listed(labels.positives, kind, count);
  const exceptions = listed(labels.exceptions, kind, count);
  return Array.from({ length: count }, (_, i) => ({
    start: i * size,
    end: (i + 1) * size,
    positives: positives[i]!,
    negatives: unlisted === 'negative' ? size - positives[i]! - exceptions[i]! : exceptions[i]!,
  }));
}

/** [count] how many entries a list has in each scope. */
function listed(list: Csr | undefined, kind: OhemOptions['scope'], count: number): Uint32Array {
  const counts = new Uint32Array(count);
  if (!list) return counts;
  const { offsets, classes } = list;
  if (kind === 'batch') counts[0] = classes.length;
  else if (kind === 'class') for (const column of classes) counts[column]! += 1;
  else for (let row = 0; row < count; row++) counts[row] = offsets[row + 1]! - offsets[row]!;
  return counts;
}
