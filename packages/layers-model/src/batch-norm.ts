/**
 * What follows `trainFast` stands in `cnn/src/batch-statistics.ts` too: a plugin imports core only, and core has no tfjs
 * code. The two are held together by their tests, each against float64 or tfjs' own layer.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';

import { variableOf, type Weight } from './weight.js';

/** A batch norm of tfjs-layers, with what its types hide. */
type BatchNorm = layers.Layer & {
  readonly axis: number;
  readonly epsilon: number;
  /** Weight of the old averages. */
  readonly momentum: number;
  /** Absent where the layer has no scale, no offset. */
  readonly gamma?: Weight;
  readonly beta?: Weight;
  readonly movingMean: Weight;
  readonly movingVariance: Weight;
};

export const isBatchNorm = (layer: layers.Layer): layer is BatchNorm => layer.getClassName() === 'BatchNormalization';

/** Whether channels, the last axis, are what a layer normalises. */
export const normalisesChannels = ({ axis, inputSpec }: BatchNorm): boolean =>
  axis === -1 || axis === (inputSpec[0]?.ndim ?? 0) - 1;

/**
 * Trains a batch norm (Ioffe and Szegedy 2015) in one fused pass where the backend has `CwBatchNorm` and `CwBatchNormGrad`:
 * tfjs' own takes twice the time and memory of a whole MobileNet step, and fails without scale or offset. As in Keras a layer
 * marked untrainable stays in inference; the averages move towards the unbiased variance (n / (n − 1)), also as there.
 * One value a channel has no variance: it is normalised by the averages, which stay.
 */
export function trainFast(layer: BatchNorm): void {
  const stock = layer.call.bind(layer);
  layer.call = (inputs, kwargs) => {
    if (kwargs['training'] !== true) return stock(inputs, kwargs);
    const x = [inputs].flat()[0]!;
    const channels = x.shape.at(-1)!;
    return tf.tidy(() => {
      const norm = normOf(layer);
      if (!layer.trainable || x.size <= channels)
        return tf.batchNorm(x, norm.mean, norm.variance, norm.offset, norm.scale, layer.epsilon);
      const image: tf.Tensor4D = x.rank === 4 ? (x as tf.Tensor4D) : tf.reshape(x, [-1, 1, 1, channels]);
      return tf.reshape(normalise(image, norm, layer), x.shape);
    });
  };
}

function normOf({ gamma, beta, movingMean, movingVariance }: BatchNorm): Norm {
  const [mean, variance] = [variableOf(movingMean), variableOf(movingVariance)];
  // Given even where the layer has none: tfjs' gradient of a batch norm without a scale fails.
  return { mean, variance, scale: gamma?.read() ?? tf.ones(mean.shape), offset: beta?.read() ?? tf.zeros(mean.shape) };
}

function normalise(x: tf.Tensor4D, norm: Norm, { epsilon, momentum }: BatchNorm): tf.Tensor {
  const compute = hasKernel('CwBatchNorm') && hasKernel('CwBatchNormGrad') ? fused : composite;
  return compute(x, norm, { epsilon, momentum: 1 - momentum });
}

const hasKernel = (name: string): boolean =>
  (tf.getKernel(name, tf.getBackend()) as tf.KernelConfig | undefined) !== undefined;

/** [channels] each. */
interface Norm {
  readonly scale: tf.Tensor;
  readonly offset: tf.Tensor;
  readonly mean: tf.Variable;
  readonly variance: tf.Variable;
}
interface Settings {
  readonly epsilon: number;
  /** Weight of the new statistics. */
  readonly momentum: number;
}

function fused(x: tf.Tensor4D, norm: Norm, { epsilon, momentum }: Settings): tf.Tensor {
  const run = (name: string, inputs: Record<string, tf.Tensor>, attributes: Record<string, number | boolean>) =>
    tf.engine().runKernel(name, inputs, attributes) as unknown as tf.Tensor[];
  const operation = tf.customGrad((...given) => {
    const [image, scale, offset, save] = given as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const [y, mean, variance, ...reserve] = run(
      'CwBatchNorm',
      { x: image, scale, offset, movingMean: norm.mean, movingVariance: norm.variance },
      { epsilon, momentum, training: true },
    ) as [tf.Tensor, tf.Tensor, tf.Tensor, ...tf.Tensor[]];
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
  return operation(x, norm.scale, norm.offset);
}

function composite(x: tf.Tensor4D, norm: Norm, { epsilon, momentum }: Settings): tf.Tensor {
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  const count = x.size / mean.size;
  const move = (average: tf.Variable, to: tf.Tensor) => {
    average.assign(tf.add(tf.mul(average, 1 - momentum), tf.mul(to, momentum)));
  };
  move(norm.mean, mean);
  move(norm.variance, tf.mul(variance, count / (count - 1)));
  const factor = tf.mul(norm.scale, tf.rsqrt(tf.add(variance, epsilon)));
  return tf.add(tf.mul(tf.sub(x, mean), factor), norm.offset);
}
