import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';

import { csr, sparseLabels, type Loss, type SparseLabels } from '@counterweight/core';

import { batchLabels } from './batch-labels.js';
import { errors } from './errors.js';
import { createObjective, type Reduction } from './objective.js';

export interface TfjsLossOptions {
  /** Default `mean`, over known entries. A batch loss reduces itself. */
  readonly reduction?: Reduction;
  /** From 0, for curves that change from epoch to epoch; default 0. tfjs tells a loss no epoch: count it in `onEpochBegin`. */
  readonly epoch?: () => number;
}

/** What `compile({ loss })` of a tfjs layers model takes. */
export type TfjsLoss = (labels: Tensor, logits: Tensor) => Scalar;

/**
 * A loss for `LayersModel.compile({ loss })`, of logits: the model's last layer has no sigmoid. Value and gradient are those of
 * this trainer's step, on any backend that can read tensors at once (`dataSync`); the labels of a batch go through memory.
 *
 * Labels are dense, [batch, classes]: 1 positive, 0 negative, between them a soft target, −1 or NaN unknown (counts nowhere). tfjs
 * calls it with validation batches too, and reports an epoch's loss as the mean over its examples.
 *
 * @param loss with its weights already applied: `createLoss` or `weighted` of core
 * @throws needs-loss-without-memory: what a loss remembers is not saved with a layers model, nor are a batch's examples known.
 *   When called: labels-not-dense, tensor-shape-wrong, soft-target-refused, plugin-throws
 * @example
 * model.compile({ optimizer: 'adam', loss: asTfjsLoss(await createLoss(focal, { gamma: 2 })) });
 */
export function asTfjsLoss(loss: Loss, { reduction, epoch = () => 0 }: TfjsLossOptions = {}): TfjsLoss {
  if (loss.kind === 'batch' && (loss.save ?? loss.load)) throw errors['needs-loss-without-memory'](undefined);
  return (labels, logits) => {
    const dense = denseLabels(labels, logits);
    const examples = Int32Array.from({ length: dense.rows }, (_, row) => row);
    const batch = batchLabels(dense, examples, epoch());
    const objective = createObjective({ loss, columns: dense.columns, reduction });
    try {
      // Value and gradient at once, so that nothing of the batch must outlive this call.
      const { value, grad } = tf.valueAndGrad((z) => objective.value(z as Tensor2D, batch))(logits);
      return tf.customGrad((_, save) => {
        (save as tf.GradSaveFunc)([grad]);
        return { value: value.clone(), gradFunc: (dy: Tensor, [kept]: Tensor[]) => tf.mul(kept!, dy) };
      })(logits);
    } finally {
      objective.dispose();
      batch.dispose();
    }
  };
}

function denseLabels(labels: Tensor, logits: Tensor): SparseLabels {
  const [rows, columns] = logits.shape as [number, number];
  if (logits.rank !== 2 || labels.shape.join() !== logits.shape.join()) {
    const expected = `both [batch, classes]`;
    throw errors['labels-not-dense']({
      found: `labels [${labels.shape.join(', ')}], logits [${logits.shape.join(', ')}]`,
      expected,
    });
  }
  const given = labels.dataSync();
  const [positives, unknown]: [number[][], number[][]] = [[], []];
  const values: number[] = [];
  for (let row = 0; row < rows; row++) {
    positives.push([]);
    unknown.push([]);
    for (let column = 0; column < columns; column++) {
      const target = given[row * columns + column]!;
      if (target === 0) continue;
      if (Number.isNaN(target) || target === -1) unknown[row]!.push(column);
      else if (target > 0 && target <= 1) {
        positives[row]!.push(column);
        values.push(target);
      } else
        throw errors['labels-not-dense']({
          found: `${target} at row ${row}, class index ${column}`,
          expected: '0 to 1, or −1 or NaN where it is unknown',
        });
    }
  }
  const isSoft = values.some((value) => value < 1);
  return sparseLabels({
    rows,
    columns,
    positives: { ...csr(positives, columns), ...(isSoft && { values: Float32Array.from(values) }) },
    exceptions: csr(unknown, columns),
  });
}
