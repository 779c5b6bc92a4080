import * as tf from '@tensorflow/tfjs-core';
import type { KernelConfig, Scalar, Tensor } from '@tensorflow/tfjs-core';

/** The norm of all gradients as one vector. Call inside `tidy`. */
export function globalNorm(gradients: Iterable<Tensor>): number {
  // Half a squared norm without a copy of x, where the engine has it.
  const fused = tf.getKernel('CwSquaredNorm', tf.getBackend()) as KernelConfig | undefined;
  const half = (x: Tensor): Scalar =>
    fused ? tf.engine().runKernel<Scalar[]>('CwSquaredNorm', { x })[0]! : tf.mul(tf.sum(tf.square(x)), 0.5);
  const halves = [...gradients].map(half);
  return halves.length === 0 ? 0 : Math.sqrt(2 * tf.addN(halves).dataSync()[0]!);
}

/**
 * Gradients scaled so that their global norm is at most `limit` (Pascanu et al. 2013, algorithm 1). Call inside `tidy`.
 * @param norm their global norm, finite
 */
export function clipByGlobalNorm(
  gradients: ReadonlyMap<string, Tensor>,
  norm: number,
  limit: number,
): ReadonlyMap<string, Tensor> {
  if (norm <= limit) return gradients;
  return new Map([...gradients].map(([name, gradient]) => [name, tf.mul(gradient, limit / norm)]));
}
