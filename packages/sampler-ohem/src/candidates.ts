import type { Csr, SparseLabels } from '@counterweight/core';

import { NO_CANDIDATE } from './keep-hardest.js';
import type { Layout } from './scopes.js';

/** The losses of known negatives, `NO_CANDIDATE` elsewhere. */
export function candidates(losses: Float32Array, labels: SparseLabels, at: Layout): Float32Array {
  const { positives, unlisted, exceptions } = labels;
  if (unlisted === 'negative') {
    const result = losses.slice();
    mark(result, positives, at, () => NO_CANDIDATE);
    if (exceptions) mark(result, exceptions, at, () => NO_CANDIDATE);
    return result;
  }
  const result = new Float32Array(losses.length).fill(NO_CANDIDATE);
  if (exceptions) mark(result, exceptions, at, (place) => losses[place]!);
  return result;
}

/** Sets every entry that a list names. */
export function mark(
  matrix: Float32Array,
  { offsets, classes }: Csr,
  { rowStep, columnStep }: Layout,
  value: (place: number) => number,
): void {
  for (let row = 0; row + 1 < offsets.length; row++)
    for (let i = offsets[row]!; i < offsets[row + 1]!; i++) {
      const place = row * rowStep + classes[i]! * columnStep;
      matrix[place] = value(place);
    }
}
