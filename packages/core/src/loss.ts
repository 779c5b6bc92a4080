import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';

import type { Curves } from './curves.js';
import type { Expression } from './expression.js';
import type { SparseLabels } from './labels.js';
import type { Stateful } from './state.js';

export type Loss = ElementwiseLoss | BatchLoss;

/** A loss of one entry (one example, one class): a curve of the logit for a positive and one for a negative. */
export interface ElementwiseLoss {
  readonly kind: 'elementwise';
  /** Pure. The value at a target y is `y·positive + (1 − y)·negative`. Epochs count from 0. */
  curves(logit: Expression, time: { readonly epoch: number }): Curves;
  /** [batch, classes], at least 0, constant: from labels only. */
  entryWeights?(batch: BatchLabels): Tensor2D;
  /** Whether the slopes' inverse link is a calibrated probability. Default `exact`; `start` needs a fit afterwards. */
  readonly link?: 'exact' | 'start' | 'none';
  /** Whether targets between 0 and 1 make sense. Default true. */
  readonly softTargets?: boolean;
}

/**
 * A loss that couples the entries of a batch. It reduces itself; class weights, example weights and miners do not apply to it.
 * What it remembers are numbers that `save` gives and `load` takes: no tensor outlives a call, and `create` makes none.
 */
export interface BatchLoss extends Partial<Stateful> {
  readonly kind: 'batch';
  /**
   * Ordinary tfjs operations, differentiable in the logits only, within `tidy`. What stands at unknown entries, NaN too, changes
   * neither value nor gradient, and they get a gradient of 0: `tf.where` on `batch.known()` before anything else, as 0 · NaN is
   * NaN. Value and gradient are finite for finite logits and any labels: none positive, none known, one row, one class.
   * @param logits float32 [batch, classes]; stays as it is, as does the batch
   * @returns float32 []
   */
  compute(logits: Tensor2D, batch: BatchLabels): Scalar;
  /** Whether targets between 0 and 1 make sense; otherwise the trainer refuses them. Default true. */
  readonly softTargets?: boolean;
}

/** The labels of one batch, sparse; dense tensors on demand. */
export interface BatchLabels {
  /** Indices of the batch's examples in the data set. */
  readonly examples: Int32Array;
  readonly columns: number;
  /** Counts from 0. */
  readonly epoch: number;
  /** The rows of this batch. */
  readonly labels: SparseLabels;
  /** Index of each positive in the data set's own CSR: a key for state per positive. */
  readonly positiveIds: Uint32Array;
  readonly counts: { readonly positives: number; readonly known: number };
  /** int32 [positives, 2]: row, class. Made once, kept, freed by the trainer after the step; so are the next two. */
  index(): Tensor2D;
  /** float32 [batch, classes]: 1 or the soft target at positives, 0 elsewhere. */
  targets(): Tensor2D;
  /** float32 [batch, classes]: 1 where known, 0 where unknown; null when everything is known. */
  known(): Tensor2D | null;
}
