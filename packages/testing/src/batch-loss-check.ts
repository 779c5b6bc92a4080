import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';

import {
  labelStatistics,
  labelsFromRows,
  type AnyPlugin,
  type BatchLoss,
  type LabelStatistics,
  type SparseLabels,
} from '@counterweight/core';
import { batchLabels, createObjective } from '@counterweight/trainer';

import { ensureGradients } from './backend.js';
import { STATISTICS } from './batches.js';
import { demand, type Check } from './check.js';
import { createBatchLoss } from './create.js';

/** A fresh instance; statistics by default those of the kit's five classes. */
export type CreateBatchLoss = (statistics?: LabelStatistics) => Promise<BatchLoss>;

/** A law of a batch loss. */
export const batchLossCheck = (
  name: string,
  holds: (create: CreateBatchLoss, plugin: AnyPlugin<'loss'>) => Promise<void>,
): Check<'loss'> => ({
  name,
  run: async (plugin: AnyPlugin<'loss'>, options: unknown = {}) => {
    await ensureGradients();
    await holds((statistics = STATISTICS) => createBatchLoss(plugin, options, statistics), plugin);
  },
});

export interface BatchTrial {
  readonly loss: BatchLoss;
  /** [examples · columns] */
  readonly logits: Float64Array | Float32Array;
  /** Of the whole data set. */
  readonly labels: SparseLabels;
  /** Rows of `labels`; default all, in order. */
  readonly examples?: Int32Array | undefined;
  /** Default 1. */
  readonly epoch?: number;
}

export interface BatchTrialResult {
  readonly value: number;
  /** [examples · columns] of `value` by the logits. */
  readonly gradient: Float32Array;
}

/**
 * A batch loss on tensors, through the objective that training uses, on the backend that is set. Leaves no tensor.
 * @throws tensor-shape-wrong, plugin-throws
 */
export function batchTrial(trial: BatchTrial): BatchTrialResult {
  return onBatch(trial, (value, logits) => {
    const result = tf.valueAndGrad((x) => value(x as Tensor2D))(logits);
    return { value: result.value.dataSync()[0]!, gradient: result.grad.dataSync<'float32'>().slice() };
  });
}

/** The value alone. */
export const batchValue = (trial: BatchTrial): number =>
  onBatch(trial, (value, logits) => value(logits).dataSync()[0]!);

function onBatch<T>(
  { loss, logits, labels, examples = Int32Array.from({ length: labels.rows }, (_, row) => row), epoch = 1 }: BatchTrial,
  measure: (value: (logits: Tensor2D) => tf.Scalar, logits: Tensor2D) => T,
): T {
  const batch = batchLabels(labels, examples, epoch);
  const objective = createObjective({ loss, columns: labels.columns });
  const kept: T[] = [];
  try {
    tf.tidy(() => {
      const tensor = tf.tensor2d(Float32Array.from(logits), [examples.length, labels.columns]);
      kept.push(measure((x) => objective.value(x, batch), tensor));
    });
    return kept[0]!;
  } finally {
    objective.dispose();
    batch.dispose();
  }
}

/** @throws check-failed unless value and gradient are numbers */
export function demandFinite(where: string, { value, gradient }: BatchTrialResult): void {
  demand(Number.isFinite(value), `a finite loss ${where}`, () => `${value}`);
  gradient.forEach((slope, i) =>
    demand(Number.isFinite(slope), `a finite gradient ${where}`, () => `gradient[${i}] = ${slope}`),
  );
}

/** One class, of four examples. */
export const oneClass = labelsFromRows([[0], [], [0], []], 1);
export const oneClassStatistics = labelStatistics(oneClass, Int32Array.of(0, 1, 2, 3));
