import { labelStatistics, rowOf, type DrawSampler, type EpochContext } from '@counterweight/core';

/**
 * Repeat-factor sampling (Gupta, Dollár and Girshick 2019, LVIS, §"Repeat factor sampling"): a class with the share f of
 * the examples has r_c = max(1, √(t/f)), an example the largest r_c of its labels, 1 without labels. An epoch repeats each
 * example ⌊r⌋ times, and once more with the probability of the fraction.
 */
export const repeatFactor = ({ threshold }: { readonly threshold: number }): DrawSampler => ({
  kind: 'draw',
  draw: (pool, { labels, random }) => {
    const factors = exampleFactors(pool, labels, threshold);
    const drawn: number[] = [];
    pool.forEach((example, i) => {
      const whole = Math.floor(factors[i]!);
      const repeats = whole + (random.uniform() < factors[i]! - whole ? 1 : 0);
      for (let repeat = 0; repeat < repeats; repeat++) drawn.push(example);
    });
    return Int32Array.from(drawn);
  },
  probabilities: (pool, { labels }) => {
    const factors = exampleFactors(pool, labels, threshold);
    const total = factors.reduce((sum, factor) => sum + factor, 0);
    return factors.map((factor) => factor / total);
  },
});

/** [classes] r_c; 1 for a class without positives in the pool. The share is of known entries. */
export function classFactors(pool: Int32Array, labels: EpochContext['labels'], threshold: number): Float64Array {
  const { positives, known } = labelStatistics(labels, pool);
  return positives.map((count, c) => (count > 0 ? Math.max(1, Math.sqrt((threshold * known[c]!) / count)) : 1));
}

/** [pool] r_i */
export function exampleFactors(pool: Int32Array, labels: EpochContext['labels'], threshold: number): Float64Array {
  const factors = classFactors(pool, labels, threshold);
  return Float64Array.from(pool, (example) => {
    let largest = 1;
    for (const column of rowOf(labels.positives, example)) largest = Math.max(largest, factors[column]!);
    return largest;
  });
}
