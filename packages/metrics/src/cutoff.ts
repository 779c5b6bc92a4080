/** The probability that a score stands for. Never falls as the score rises. */
export type Probability = (score: number) => number;

/** Logits to probabilities. */
export const sigmoid: Probability = (logit) => 1 / (1 + Math.exp(-logit));

/**
 * The least float32 score with a probability of at least the threshold, so that `score >= cutoff` decides exactly as
 * `probability(score) >= threshold` does, without an exponential per entry.
 * @returns NaN, which no score reaches, where no probability does
 */
export function cutoff(threshold: number, probability: Probability): number {
  let [low, high] = [-FLOATS, FLOATS]; // −∞ and ∞
  if (!(probability(Infinity) >= threshold)) return NaN;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (probability(nth(middle)) >= threshold) high = middle;
    else low = middle + 1;
  }
  return nth(low);
}

/** The bits of ∞: from 0 to it, bit patterns ascend as their numbers do. */
const FLOATS = 0x7f800000;

/** The n-th float32 counted from 0, negative ones mirrored. */
function nth(n: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setInt32(0, Math.abs(n));
  return Math.sign(n) * view.getFloat32(0);
}
