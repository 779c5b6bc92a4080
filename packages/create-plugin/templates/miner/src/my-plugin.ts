import { z, type MineSampler } from '@counterweight/core';
import * as tf from '@tensorflow/tfjs-core';

export const options = z.strictObject({
  share: z.number().gt(0).max(1).default(0.25).describe('Share of the known entries of a batch that count.'),
  startEpoch: z.int().min(0).default(1).describe('The first epoch that mines: losses of a raw network tell little.'),
});
export type MyPluginOptions = z.output<typeof options>;

/**
 * Average top-k loss: of the n known entries of a batch, the k = ⌈share · n⌉ with the largest loss count, the others not.
 * Ties go to the lower row, then to the lower class.
 *
 * Fan et al. 2017, "Learning with average top-k loss". Time O(n log n), for the order of the losses.
 */
export const myPlugin = ({ share, startEpoch }: MyPluginOptions): MineSampler => ({
  kind: 'mine',
  startEpoch,
  // Constants come out: no gradient passes through what is picked.
  mine: ({ losses, batch }) => {
    const values = losses.dataSync<'float32'>();
    const known = batch.known()?.dataSync<'float32'>();
    const hardness = known ? values.filter((_, i) => known[i] === 1) : values.slice();
    const count = Math.ceil(share * hardness.length);
    const limit = hardness.sort()[hardness.length - count] ?? Infinity;
    let ties = count;
    for (const value of hardness) if (value > limit) ties--;
    const weights = Float32Array.from(values, (value, i) => {
      if (known && known[i] !== 1) return 0;
      return value > limit || (value === limit && ties-- > 0) ? 1 : 0;
    });
    return { weights: tf.tensor2d(weights, losses.shape), denominator: 'kept' };
  },
});
