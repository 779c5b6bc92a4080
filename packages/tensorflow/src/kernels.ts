import * as tf from '@tensorflow/tfjs-core';

import type { NativeBackend } from './backend.js';
import { batchNorm, batchNormGradient } from './kernels/batch-norm.js';
import { optimizerKernels } from './kernels/optimizers.js';
import { pointwiseFilterGradient } from './kernels/pointwise-filter.js';
import { squaredNorm } from './kernels/squared-norm.js';

/**
 * Fused kernels in tfjs' own registry, for packages that may not import this one. On another backend there are none:
 *
 *     const kernel = tf.getKernel('CwBatchNorm', tf.getBackend());
 *     if (kernel) outputs = tf.engine().runKernel('CwBatchNorm', inputs, attributes); else …composite ops…
 *
 * All tensors are float32. `runKernel` inside a `customGrad` (they have no registered gradients).
 *
 * **CwBatchNorm** `{ x [b,h,w,c], scale [c], offset [c], movingMean [c], movingVariance [c] }`, `{ epsilon, momentum, training }`
 * → `[y [b,h,w,c], newMovingMean [c], newMovingVariance [c], reserve1, reserve2, reserve3]`.
 * Training: y by the batch's mean and biased variance; moved = old·(1 − momentum) + momentum·batch, the batch's variance here unbiased (n − 1;
 * n = 1 counts as 1). Inference (`training: false`): y by the moving statistics, which come back unchanged. The reserves are for the gradient.
 *
 * **CwBatchNormGrad** `{ dy, x, scale, reserve1, reserve2, reserve3 }`, `{ epsilon, training }` → `[dx, dscale [c], doffset [c]]`.
 * Ioffe and Szegedy 2015, through the batch's statistics when training, with fixed statistics otherwise.
 *
 * The next four change `variable` and its companions **in place** and return `[]`. A clone of a `tf.Variable` keeps its old values;
 * of a plain tensor, clones change too. They may not stand inside a tape.
 *
 * **CwAdam** `{ variable, m, v, gradient }` of one shape, `{ learningRate, beta1, beta2, epsilon, step }`, step counts from 1.
 * Kingma and Ba 2015, the form before section 2.1: variable −= learningRate·√(1 − β2^t)/(1 − β1^t) · m/(√v + epsilon).
 * PyTorch's epsilon is this one divided by √(1 − β2^t).
 *
 * **CwMomentum** `{ variable, accumulator, gradient }`, `{ learningRate, momentum, nesterov }`: accumulator = momentum·accumulator + gradient;
 * variable −= learningRate·accumulator, or with nesterov learningRate·(gradient + momentum·accumulator).
 *
 * **CwAverage** `{ variable, toward }` of one shape, `{ share }`: variable −= share·(variable − toward).
 *
 * **CwDecay** `{ variable }`, `{ rate }`: variable −= rate·variable.
 *
 * **CwSquaredNorm** `{ x }`, `{}` → `[scalar]` = sum(x²)/2, without a copy of x.
 */
export function registerKernels(backend: NativeBackend, backendName: string): void {
  for (const config of [
    batchNorm(backend),
    batchNormGradient(backend),
    ...optimizerKernels(backend),
    squaredNorm(backend),
  ])
    tf.registerKernel({ ...config, backendName });
  const stock = tf.getKernel(tf.Conv2DBackpropFilter, backendName);
  tf.unregisterKernel(tf.Conv2DBackpropFilter, backendName);
  tf.registerKernel({ ...pointwiseFilterGradient(stock), backendName });
}
