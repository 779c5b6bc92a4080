import type { MineSampler, SparseLabels } from '@counterweight/core';
import * as tf from '@tensorflow/tfjs-core';

import type { OhemExamplesOptions } from './examples-options.js';

/**
 * Online hard example mining on whole examples: of the B examples with a known entry, the ⌈fraction · B⌉ with the largest
 * loss keep all their entries, the others none; ties to the lower row. Shrivastava et al. 2016, §4; their suppression of
 * overlapping regions has no counterpart here. A NaN counts as hardest, so that it is seen.
 */
export const ohemExamples = ({ fraction, score, startEpoch }: OhemExamplesOptions): MineSampler => ({
  kind: 'mine',
  startEpoch,
  mine: ({ losses, batch: { labels } }) => {
    const scores = tf.sum(losses, 1).dataSync<'float32'>(); // [batch]: unknown entries are 0
    const known = knownEntries(labels);
    const hardness = Float64Array.from(scores, (sum, row) => (score === 'mean' ? sum / known[row]! : sum));
    const [rows, columns] = losses.shape;
    const kept = new Float32Array(rows * columns); // filled here, as the trainer counts it here: cheaper than a broadcast
    for (const row of hardest(hardness, known, fraction)) kept.fill(1, row * columns, (row + 1) * columns);
    return { weights: tf.tensor2d(kept, [rows, columns]), denominator: 'kept' };
  },
});

/** The rows that are kept. An example of which nothing is known is neither kept nor counted. */
function hardest(hardness: Float64Array, known: Uint32Array, fraction: number): number[] {
  const rows = [...hardness.keys()].filter((row) => known[row]! > 0);
  const rank = (row: number): number => (Number.isNaN(hardness[row]) ? Infinity : hardness[row]!);
  rows.sort((a, b) => (rank(b) > rank(a) ? 1 : rank(b) < rank(a) ? -1 : a - b));
  // 0.07 · 100 is 7.000000000000001 in binary: not an eighth.
  return rows.slice(0, Math.max(1, Math.ceil(fraction * rows.length - 1e-9)));
}

/** [batch] */
function knownEntries({ rows, columns, positives, unlisted, exceptions }: SparseLabels): Uint32Array {
  const listed = ({ offsets }: SparseLabels['positives'], row: number): number => offsets[row + 1]! - offsets[row]!;
  return Uint32Array.from({ length: rows }, (_, row) => {
    const excepted = exceptions ? listed(exceptions, row) : 0;
    return unlisted === 'negative' ? columns - excepted : listed(positives, row) + excepted;
  });
}
