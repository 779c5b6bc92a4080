import * as tf from '@tensorflow/tfjs-core';

/** What a batch norm holds, [channels] each; training moves `mean` and `variance`. */
export interface Norm {
  readonly scale: tf.Variable<tf.Rank.R1>;
  readonly offset: tf.Variable<tf.Rank.R1>;
  readonly mean: tf.Variable<tf.Rank.R1>;
  readonly variance: tf.Variable<tf.Rank.R1>;
}

interface Settings {
  readonly epsilon: number;
  /** Weight of the new statistics. */
  readonly momentum: number;
}

/**
 * Normalises [batch, height, width, channels] by the batch's own statistics and moves the averages.
 * One fused pass where the backend has the kernels `CwBatchNorm` and `CwBatchNormGrad`, ordinary operations elsewhere.
 */
export function normaliseBatch(x: tf.Tensor4D, norm: Norm, settings: Settings): tf.Tensor4D {
  return hasKernel('CwBatchNorm') && hasKernel('CwBatchNormGrad')
    ? fused(x, norm, settings)
    : composite(x, norm, settings);
}

/** Whether the backend in use has a kernel. */
export const hasKernel = (name: string): boolean =>
  (tf.getKernel(name, tf.getBackend()) as tf.KernelConfig | undefined) !== undefined;

function fused(x: tf.Tensor4D, norm: Norm, { epsilon, momentum }: Settings): tf.Tensor4D {
  const run = (name: string, inputs: Record<string, tf.Tensor>, attributes: Record<string, number | boolean>) =>
    tf.engine().runKernel(name, inputs, attributes) as unknown as tf.Tensor[];
  const operation = tf.customGrad((...given) => {
    const [image, scale, offset, save] = given as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const [y, mean, variance, ...reserve] = run(
      'CwBatchNorm',
      { x: image, scale, offset, movingMean: norm.mean, movingVariance: norm.variance },
      { epsilon, momentum, training: true },
    ) as [tf.Tensor, tf.Tensor1D, tf.Tensor1D, ...tf.Tensor[]];
    norm.mean.assign(mean);
    norm.variance.assign(variance);
    save([image, scale, ...reserve]);
    return {
      value: y,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [x, scale, reserve1, reserve2, reserve3] = saved as [
          tf.Tensor,
          tf.Tensor,
          tf.Tensor,
          tf.Tensor,
          tf.Tensor,
        ];
        return run('CwBatchNormGrad', { dy, x, scale, reserve1, reserve2, reserve3 }, { epsilon, training: true });
      },
    };
  });
  return operation(x, norm.scale, norm.offset) as tf.Tensor4D;
}

function composite(x: tf.Tensor4D, norm: Norm, { epsilon, momentum }: Settings): tf.Tensor4D {
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  const count = x.size / norm.scale.size;
  const move = (average: tf.Variable<tf.Rank.R1>, to: tf.Tensor) => {
    average.assign(tf.add(tf.mul(average, 1 - momentum), tf.mul(to, momentum)));
  };
  move(norm.mean, mean);
  move(norm.variance, tf.mul(variance, count / (count - 1)));
  const factor = tf.mul(norm.scale, tf.rsqrt(tf.add(variance, epsilon)));
  return tf.add(tf.mul(tf.sub(x, mean), factor), norm.offset);
}
