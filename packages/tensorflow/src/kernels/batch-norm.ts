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
  readonly dy: TensorInfo;
  readonly x: TensorInfo;
  readonly scale: TensorInfo;
  readonly reserve1: TensorInfo;
  readonly reserve2: TensorInfo;
  readonly reserve3: TensorInfo;
}

/** `CwBatchNorm` by TensorFlow's FusedBatchNormV3, whose exponential_avg_factor weights the new statistics. */
export function batchNorm(backend: NativeBackend): Kernel {
  const make = attributeMakers(backend.binding);
  const none = constant(backend, [0], []);
  return kernel<Forward, { epsilon: number; momentum: number; training: boolean }>(
    'CwBatchNorm',
    ({ x, scale, offset, movingMean, movingVariance }, { epsilon, momentum, training }) => {
      // With factor 1 the operation wants no old statistics.
      const old = training && momentum === 1 ? [none, none] : backend.getInputTensorIds([movingMean, movingVariance]);
      const attributes = [...shared(backend, epsilon, training), make.float('exponential_avg_factor', momentum)];
      const inputs = [...backend.getInputTensorIds([x, scale, offset]), ...old];
      return backend.binding
        .executeOp('FusedBatchNormV3', attributes, inputs, 6)
        .map((output) => backend.createOutputTensor(output));
    },
  );
}

/** `CwBatchNormGrad` by FusedBatchNormGradV3, whose last two outputs are empty. */
export function batchNormGradient(backend: NativeBackend): Kernel {
  return kernel<Backward, { epsilon: number; training: boolean }>(
    'CwBatchNormGrad',
    ({ dy, x, scale, reserve1, reserve2, reserve3 }, { epsilon, training }) => {
      const inputs = backend.getInputTensorIds([dy, x, scale, reserve1, reserve2, reserve3]);
      const outputs = backend.binding.executeOp('FusedBatchNormGradV3', shared(backend, epsilon, training), inputs, 5);
      for (const { id } of outputs.slice(3)) backend.binding.deleteTensor(id);
      return outputs.slice(0, 3).map((output) => backend.createOutputTensor(output));
    },
  );
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
