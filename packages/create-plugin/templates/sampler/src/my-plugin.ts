import { labelStatistics, z, type DrawSampler, type SparseLabels } from '@counterweight/core';

export const options = z.strictObject({
  exponent: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('A class is drawn in proportion to its positives to this power: 1 as they are, 0 all alike.'),
});
export type MyPluginOptions = z.output<typeof options>;

/**
 * Square-root sampling: draws a class c with probability w_c ∝ √n_c, then one of its n_c examples, with replacement:
 *
 *     Q_i = Σ_{c ∈ i} w_c / n_c
 *
 * Mahajan et al. 2018, "Exploring the limits of weakly supervised pretraining". An example without labels is
 * never drawn, unless there are no labels at all: then all are alike.
 */
export const myPlugin = ({ exponent }: MyPluginOptions): DrawSampler => ({
  kind: 'draw',
  // Pure: the same pool, epoch and seed give the same draws, so that a run can be resumed.
  draw: (pool, { labels, random }) => {
    const cumulative = probabilities(pool, labels, exponent);
    for (let i = 1; i < cumulative.length; i++) cumulative[i]! += cumulative[i - 1]!;
    const total = cumulative.at(-1) ?? 0;
    return pool.map(() => pool[firstAbove(cumulative, random.uniform() * total)]!);
  },
  // With these a plan tells the effect on every class exactly, before training.
  probabilities: (pool, { labels }) => probabilities(pool, labels, exponent),
});

/** [pool] Q_i, with the sum 1. */
function probabilities(pool: Int32Array, labels: SparseLabels, exponent: number): Float64Array {
  const { positives } = labelStatistics(labels, pool);
  const weights = positives.map((count) => (count > 0 ? count ** exponent : 0));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return new Float64Array(pool.length).fill(1 / pool.length);
  const { offsets, classes, values } = labels.positives;
  return Float64Array.from(pool, (example) => {
    let sum = 0;
    for (let i = offsets[example]!; i < offsets[example + 1]!; i++) {
      const c = classes[i]!;
      sum += ((values?.[i] ?? 1) * weights[c]!) / (positives[c]! * total);
    }
    return sum;
  });
}

/** The first index whose value exceeds `target` in a series that never falls. */
function firstAbove(cumulative: Float64Array, target: number): number {
  let [low, high] = [0, cumulative.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cumulative[middle]! > target) high = middle;
    else low = middle + 1;
  }
  return low;
}
