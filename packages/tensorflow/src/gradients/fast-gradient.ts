import * as tf from '@tensorflow/tfjs-core';

import type { NativeBackend } from '../backend.js';

/** A gradient of one tfjs kernel, made from the stock one that it falls back on. */
export interface FastGradient {
  readonly kernelName: string;
  readonly create: (backend: NativeBackend, stock: tf.GradConfig) => SingleOutputGradient;
}

/** tfjs' `GradConfig` for a kernel with one output. */
interface SingleOutputGradient {
  readonly inputsToSave?: string[];
  readonly outputsToSave?: boolean[];
  gradFunc(dy: tf.Tensor, saved: tf.Tensor[], attributes: tf.NamedAttrMap): ReturnType<tf.GradFunc>;
}

/** Whether a tensor is one that the native float32 operations take now. */
export const isNative = (backend: NativeBackend, tensor: tf.Tensor): boolean =>
  tensor.dtype === 'float32' && (tf.backend() as unknown) === backend;
