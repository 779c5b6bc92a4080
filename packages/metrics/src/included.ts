import type { LabelStatistics, SparseLabels } from '@counterweight/core';

import { countTargets } from './targets.js';

/**
 * The classes that averages, micro and ratios are about: those with enough positives, in training to be learned and in
 * the split at hand to be measured.
 * @param labels of the split at hand
 * @returns [classes] 1 or 0; `{ train: 0, test: 0 }` includes all
 */
export function includedClasses(
  training: Pick<LabelStatistics, 'positives'>,
  labels: SparseLabels,
  minimumPositives: { readonly train: number; readonly test: number },
): Uint8Array {
  const { positives } = countTargets(labels);
  return Uint8Array.from(positives, (count, column) =>
    training.positives[column]! >= minimumPositives.train && count >= minimumPositives.test ? 1 : 0,
  );
}
