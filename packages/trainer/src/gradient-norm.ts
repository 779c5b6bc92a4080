import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';

/** The norm of all gradients as one vector. Call inside `tidy`. */
export function globalNorm(gradients: Iterable<Tensor>): number {
  const squares = [...gradients].map((gradient) => tf.sum<Scalar>(tf.square(gradient)));
  return squares.length === 0 ? 0 : Math.sqrt(tf.addN(squares).dataSync()[0]!);
}

/** Gradients scaled so that their global norm is at most `limit` (Pascanu et al. 2013, algorithm 1). Call inside `tidy`. */
export function clipByGlobalNorm(gradients: ReadonlyMap<string, Tensor>, limit: number): ReadonlyMap<string, Tensor> {
  const norm = globalNorm(gradients.values());
  if (norm <= limit) return gradients;
  return new Map([...gradients].map(([name, gradient]) => [name, tf.mul(gradient, limit / norm)]));
}
