import type { SparseLabels } from '@counterweight/core';
import type { NativeBackend } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';

/** Columns of labels that are dense at a time. */
const BLOCK = 512;

/** The linear system of a ridge regression of sparse labels on features, smaller side first. */
export interface NormalEquations {
  /**
   * Scores of other examples, row-major [rows, classes], without the mean of the labels.
   * @param strength λ over the mean eigenvalue of XᵀX
   */
  predict(features: tf.Tensor2D, strength: number): Float32Array;
  dispose(): void;
}

/**
 * With X [examples, features] centred and Y the labels, scores of Z are Z (XᵀX + λI)⁻¹ XᵀY = Z Xᵀ (XXᵀ + λI)⁻¹ Y. The system is
 * solved for the rows of Z, not for the classes: its other side then meets the labels in one product, a block of classes at a time.
 * @param x is the caller's, and needed until `dispose`
 */
export function normalEquations(backend: NativeBackend, x: tf.Tensor2D, labels: SparseLabels): NormalEquations {
  const [examples, features] = x.shape;
  const isPrimal = features <= examples;
  const matrix = tf.matMul(x, x, isPrimal, !isPrimal);
  const unit = tf.tidy(() => tf.sum(tf.square(x)).dataSync<'float32'>()[0]! / features);
  const blocks = Array.from({ length: Math.ceil(labels.columns / BLOCK) }, (_, i) => i * BLOCK);
  // XᵀY is small and dear: kept. Y is neither.
  const products = isPrimal ? blocks.map((from) => tf.tidy(() => tf.matMul(x, dense(labels, from), true))) : undefined;

  const predict = (given: tf.Tensor2D, strength: number): Float32Array => {
    const rows = given.shape[0];
    const solution = tf.tidy(() => {
      const diagonal = tf.diag(tf.fill([matrix.shape[0]], strength * unit));
      const right: tf.Tensor2D = isPrimal ? tf.transpose(given) : tf.matMul(x, given, false, true);
      return solve(backend, tf.add(matrix, diagonal), right);
    });
    const scores = new Float32Array(rows * labels.columns);
    blocks.forEach((from, i) => {
      const block = tf.tidy(() => tf.matMul(solution, products?.[i] ?? dense(labels, from), true));
      const width = block.size / rows;
      const values = block.dataSync<'float32'>(); // not inside `tidy`, which would search the values for tensors
      block.dispose();
      for (let row = 0; row < rows; row++)
        scores.set(values.subarray(row * width, (row + 1) * width), row * labels.columns + from);
    });
    solution.dispose();
    return scores;
  };
  return {
    predict,
    dispose: () => {
      tf.dispose([matrix, products]);
    },
  };
}

/** The columns from `from` on, at most `BLOCK` of them: [rows, columns], unknown entries 0. */
function dense({ rows, columns, positives }: SparseLabels, from: number): tf.Tensor2D {
  const width = Math.min(BLOCK, columns - from);
  const values = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++)
    for (let i = positives.offsets[row]!; i < positives.offsets[row + 1]!; i++) {
      const column = positives.classes[i]! - from;
      if (column >= 0 && column < width) values[row * width + column] = positives.values?.[i] ?? 1;
    }
  return tf.tensor2d(values, [rows, width]);
}

/** A⁻¹B for a positive definite A, by Cholesky: A = LLᵀ. */
function solve(backend: NativeBackend, a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  const { TF_ATTR_TYPE, TF_ATTR_BOOL, TF_FLOAT } = backend.binding;
  const type = { name: 'T', type: TF_ATTR_TYPE, value: TF_FLOAT };
  const lower = backend.executeSingleOutput('Cholesky', [type], [a]);
  const triangular = (adjoint: boolean, right: tf.Tensor) =>
    backend.executeSingleOutput(
      'MatrixTriangularSolve',
      [
        type,
        { name: 'lower', type: TF_ATTR_BOOL, value: true },
        { name: 'adjoint', type: TF_ATTR_BOOL, value: adjoint },
      ],
      [lower, right],
    );
  return triangular(true, triangular(false, b)) as tf.Tensor2D;
}
