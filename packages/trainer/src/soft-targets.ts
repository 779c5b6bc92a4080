import type { Loss, SparseLabels } from '@counterweight/core';

import { errors } from './errors.js';

/**
 * Refuses targets between 0 and 1 where a loss has no meaning for them.
 * @param labels one row per example of `examples`
 * @throws soft-target-refused
 */
export function checkTargets(loss: Pick<Loss, 'softTargets'>, labels: SparseLabels, examples: Int32Array): void {
  const { values, offsets, classes } = labels.positives;
  if (loss.softTargets !== false || !values) return;
  const entry = values.findIndex((y) => y < 1);
  if (entry < 0) return;
  const row = offsets.findIndex((offset) => offset > entry) - 1;
  throw errors['soft-target-refused']({ example: examples[row]!, column: classes[entry]!, target: values[entry]! });
}
