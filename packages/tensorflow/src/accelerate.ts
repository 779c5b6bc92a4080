import * as tf from '@tensorflow/tfjs-core';

import { nativeBackend } from './engine.js';
import { addGradient } from './gradients/add.js';
import type { FastGradient } from './gradients/fast-gradient.js';
import { maxPoolGradient } from './gradients/max-pool.js';
import { reluGradient } from './gradients/relu.js';

const FAST: readonly FastGradient[] = [reluGradient, maxPoolGradient, addGradient];

const ours = new WeakSet<tf.GradConfig>();

/**
 * Replaces tfjs' gradients of Relu, MaxPool and Add by faster ones, in every model of the process: an ordinary tfjs op is fast without
 * knowing it. Where a fast one does not apply (other window shapes, types, backends), tfjs' own answers. First derivatives only.
 *
 * Call it right before training: importing `@tensorflow/tfjs` registers the stock gradients again. Again: does nothing.
 * Throws `engine-missing` when the engine is not tfjs' backend.
 */
export function accelerate(): void {
  const backend = nativeBackend();
  for (const { kernelName, create } of FAST) {
    const stock = tf.getGradient(kernelName);
    if (ours.has(stock)) continue;
    const fast = { kernelName, ...create(backend, stock) } as tf.GradConfig;
    tf.unregisterGradient(kernelName);
    tf.registerGradient(fast);
    ours.add(fast);
  }
}
