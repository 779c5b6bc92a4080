import * as tf from '@tensorflow/tfjs-core';

import { normaliseBatch } from './batch-statistics.js';
import { type Build, exportedAs, undecayed, variable } from './layer.js';

/** Added to the variance. */
export const EPSILON = 1e-5;
/** Weight of a batch in the moving averages. */
export const MOMENTUM = 0.1;

/**
 * Batch normalisation (Ioffe and Szegedy 2015) over all but the last axis. Training uses the batch's mean and variance and moves
 * the averages towards them, the variance without bias (n / (n − 1)); inference uses the averages.
 * One value a channel has no variance: it is normalised by the averages, which stay.
 * @param scale of every channel at the start
 */
export const batchNorm =
  (name: string, scale = 1): Build =>
  (input) => {
    const [height, width, channels] =
      input.length === 1 ? ([1, 1, input[0] ?? 1] as const) : (input as readonly [number, number, number]);
    const filled = (value: number, trainable: boolean) =>
      variable(new Float32Array(channels).fill(value), [channels], trainable) as tf.Variable<tf.Rank.R1>;
    const norm = {
      scale: filled(scale, true),
      offset: filled(0, true),
      mean: filled(0, false),
      variance: filled(1, false),
    };
    return {
      output: input,
      forward: (x, { training }) => {
        const rows: tf.Tensor4D = tf.reshape(x, [-1, height, width, channels]);
        const y =
          training && rows.size > channels
            ? normaliseBatch(rows, norm, { epsilon: EPSILON, momentum: MOMENTUM })
            : tf.batchNorm4d(rows, norm.mean, norm.variance, norm.offset, norm.scale, EPSILON);
        return tf.reshape(y, [-1, ...input]);
      },
      parameters: [undecayed(`${name}/scale`, norm.scale), undecayed(`${name}/offset`, norm.offset)],
      buffers: [undecayed(`${name}/mean`, norm.mean), undecayed(`${name}/variance`, norm.variance)],
      exported: exportedAs(
        name,
        'BatchNormalization',
        { epsilon: EPSILON },
        {
          gamma: () => norm.scale,
          beta: () => norm.offset,
          moving_mean: () => norm.mean,
          moving_variance: () => norm.variance,
        },
      ),
    };
  };
