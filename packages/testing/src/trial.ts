import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';

import type { ElementwiseLoss, MineSampler, SparseLabels } from '@counterweight/core';
import { batchLabels, createObjective, type ObjectiveStatistics, type Reduction } from '@counterweight/trainer';

export interface Trial {
  readonly loss: ElementwiseLoss;
  /** [rows · columns] */
  readonly logits: Float64Array | Float32Array;
  readonly labels: SparseLabels;
  readonly reduction?: Reduction;
  readonly miner?: MineSampler;
  /** Default 1, so that a miner is at work. */
  readonly epoch?: number;
}

export interface TrialResult {
  readonly value: number;
  /** [rows · columns] of `value` by the logits. */
  readonly gradient: Float32Array;
  /** [rows · columns] before mining. */
  readonly losses: Float32Array;
  readonly statistics: ObjectiveStatistics;
}

/** A loss on tensors, through the objective that training uses, on the backend that is set. Leaves no tensor. */
export function trial({ loss, logits, labels, reduction = 'sum', miner, epoch = 1 }: Trial): TrialResult {
  const { rows, columns } = labels;
  const batch = batchLabels(
    labels,
    Int32Array.from({ length: rows }, (_, row) => row),
    epoch,
  );
  let losses = new Float32Array(0);
  const everything = (): MineSampler['mine'] => (mined) => ({
    weights: tf.onesLike(mined.losses),
    denominator: 'known',
  });
  const watched: MineSampler = {
    kind: 'mine',
    startEpoch: miner?.startEpoch ?? 0,
    mine: (mined) => {
      losses = mined.losses.dataSync<'float32'>().slice();
      return (miner ? miner.mine.bind(miner) : everything())(mined);
    },
  };
  const objective = createObjective({ loss, columns, reduction, miner: watched });
  try {
    const [value, gradient] = tf.tidy(() => {
      const z = tf.tensor2d(Float32Array.from(logits), [rows, columns]);
      const result = tf.valueAndGrad((x) => objective.value(x as Tensor2D, batch))(z);
      return [result.value.dataSync<'float32'>()[0]!, result.grad.dataSync<'float32'>().slice()] as const;
    });
    return { value, gradient, losses, statistics: objective.statistics };
  } finally {
    objective.dispose();
    batch.dispose();
  }
}
