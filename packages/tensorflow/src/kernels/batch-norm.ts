import * as tf from '@tensorflow/tfjs-core';
import type { TensorInfo } from '@tensorflow/tfjs-core';

import { attributeMakers } from '../attributes.js';
import type { NativeBackend } from '../backend.js';
import { constant, kernel, type Kernel } from './kernel.js';

interface Forward {
  readonly x: TensorInfo;
  readonly scale: TensorInfo;
  readonly offset: TensorInfo;
  readonly movingMean: TensorInfo;
  readonly movingVariance: TensorInfo;
}

interface Backward {
  readonly dy: tf.Tensor;
  readonly x: tf.Tensor;
  readonly scale: tf.Tensor;
  readonly reserve1: tf.Tensor;
  readonly reserve2: tf.Tensor;
  readonly reserve3: tf.Tensor;
}

/** `CwBatchNorm` by TensorFlow's FusedBatchNormV3, whose exponential_avg_factor weights the new statistics. */
export function batchNorm(backend: NativeBackend): Kernel {
  const make = attributeMakers(backend.binding);
  const none = constant(backend, [0], []);
  const same = (tensor: TensorInfo) => backend.executeSingleOutput('Identity', [make.float32()], [tensor]);
  return kernel<Forward, { epsilon: number; momentum: number; training: boolean }>(
    'CwBatchNorm',
    ({ x, scale, offset, movingMean, movingVariance }, { epsilon, momentum, training }) => {
      // With factor 1 the operation wants no old statistics.
      const old = training && momentum === 1 ? [none, none] : backend.getInputTensorIds([movingMean, movingVariance]);
      const attributes = [...shared(backend, epsilon, training), make.float('exponential_avg_factor', momentum)];
      const inputs = [...backend.getInputTensorIds([x, scale, offset]), ...old];
      const outputs = backend.binding.executeOp('FusedBatchNormV3', attributes, inputs, 6);
      if (training) return outputs.map((output) => backend.createOutputTensor(output));
      // What it says of statistics that it only read differs between devices.
      const [y, , , , , reserve3] = outputs;
      for (const { id } of outputs.slice(1, 5)) backend.binding.deleteTensor(id);
      const statistics = [movingMean, movingVariance, movingMean, movingVariance].map(same);
      return [backend.createOutputTensor(y!), ...statistics, backend.createOutputTensor(reserve3!)];
    },
  );
}

/** `CwBatchNormGrad` by FusedBatchNormGradV3, whose last two outputs are empty. */
export function batchNormGradient(backend: NativeBackend): Kernel {
  return kernel<Backward, { epsilon: number; training: boolean }>('CwBatchNormGrad', (given, { epsilon, training }) => {
    if (!training) return fixedGradient(given, epsilon);
    const { dy, x, scale, reserve1, reserve2, reserve3 } = given;
    const inputs = backend.getInputTensorIds([dy, x, scale, reserve1, reserve2, reserve3]);
    const outputs = backend.binding.executeOp('FusedBatchNormGradV3', shared(backend, epsilon, training), inputs, 5);
    for (const { id } of outputs.slice(3)) backend.binding.deleteTensor(id);
    return outputs.slice(0, 3).map((output) => backend.createOutputTensor(output));
  });
}

/** With fixed statistics the layer is a factor and a shift. Composed: TensorFlow has no kernel of it for GPUs that gives equal bits. */
function fixedGradient({ dy, x, scale, reserve1: mean, reserve2: variance }: Backward, epsilon: number): tf.Tensor[] {
  return tf.tidy(() => {
    const factor = tf.rsqrt(tf.add(variance, epsilon));
    const axes = [0, 1, 2];
    const dscale = tf.mul(tf.sum(tf.mul(dy, tf.sub(x, mean)), axes), factor);
    return [tf.mul(dy, tf.mul(scale, factor)), dscale, tf.sum(dy, axes)];
  });
}

function shared({ binding }: NativeBackend, epsilon: number, training: boolean) {
  const make = attributeMakers(binding);
  return [
    make.float32(),
    make.float32('U'),
    make.float('epsilon', epsilon),
    make.string('data_format', 'NHWC'),
    make.bool('is_training', training),
  ];
}
