import { labelStatistics, type DrawSampler, type SparseLabels } from '@counterweight/core';

import { errors } from './errors.js';

/**
 * Draws a class in proportion to n_c^s, then one of its examples uniformly, with replacement, as often as the pool is long:
 * Q_i = Σ_{c ∈ i} w_c / n_c. s = 0: Shen et al. 2016; s = ½: Mahajan et al. 2018; the family: Kang et al. 2020.
 * An example without labels is never drawn.
 */
export const classPower = ({ exponent }: { readonly exponent: number }): DrawSampler => ({
  kind: 'draw',
  draw: (pool, { labels, random }) => {
    const cumulative = exampleProbabilities(pool, labels, exponent);
    for (let i = 1; i < cumulative.length; i++) cumulative[i]! += cumulative[i - 1]!;
    const total = cumulative.at(-1) ?? 0;
    return Int32Array.from(pool, () => pool[firstAbove(cumulative, random.uniform() * total)]!);
  },
  probabilities: (pool, { labels }) => exampleProbabilities(pool, labels, exponent),
});

/** [classes] w_c, summing to 1; 0 for a class without positives in the pool. */
export function classProbabilities(positives: Float64Array, exponent: number): Float64Array {
  const powers = positives.map((count) => (count > 0 ? count ** exponent : 0));
  const total = powers.reduce((sum, power) => sum + power, 0);
  if (total === 0) throw errors['pool-without-labels']({ classes: positives.length });
  return powers.map((power) => power / total);
}

/** [pool] Q_i. A soft target counts as that much of an example. */
function exampleProbabilities(pool: Int32Array, labels: SparseLabels, exponent: number): Float64Array {
  const { positives } = labelStatistics(labels, pool);
  const perPositive = classProbabilities(positives, exponent).map((w, c) => (w > 0 ? w / positives[c]! : 0));
  const { offsets, classes, values } = labels.positives;
  return Float64Array.from(pool, (example) => {
    let sum = 0;
    for (let i = offsets[example]!; i < offsets[example + 1]!; i++)
      sum += (values?.[i] ?? 1) * perPositive[classes[i]!]!;
    return sum;
  });
}

/** The first index whose value exceeds `target` in a series that never falls: never an entry of probability 0. */
function firstAbove(cumulative: Float64Array, target: number): number {
  let low = 0;
  let high = cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cumulative[middle]! > target) high = middle;
    else low = middle + 1;
  }
  return low;
}
