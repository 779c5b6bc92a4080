import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';

import {
  LOGIT,
  type BatchLabels,
  type BatchLoss,
  type ElementwiseLoss,
  type Loss,
  type MineSampler,
} from '@counterweight/core';

import { classTables } from './class-tables.js';
import type { Culprit } from './culprit.js';
import { entryValues, lossFunctions, type LossFunctions } from './entry-values.js';
import { errors } from './errors.js';
import { batchCulprit, elementwiseCulprit } from './loss-culprit.js';
import { checkedMined, countKept, whereKnown } from './mined-weights.js';
import { callPlugin, checkedTensor, methodOf, type Method } from './plugin-call.js';
import { checkTargets } from './soft-targets.js';

/** mean: over known (or kept) entries. batch: summed over classes, mean over examples. */
export const REDUCTIONS = ['mean', 'sum', 'batch'] as const;
export type Reduction = (typeof REDUCTIONS)[number];

export interface ObjectiveOptions {
  /** With its weights already applied (`weighted` of core). */
  readonly loss: Loss;
  /** Number of classes. */
  readonly columns: number;
  readonly miner?: MineSampler | undefined;
  /** Default `mean`. A batch loss reduces itself. */
  readonly reduction?: Reduction | undefined;
  /** [examples of the data set]; multiply a row's entries, the denominator stays a count. */
  readonly exampleWeights?: Float32Array | undefined;
}

export interface ObjectiveStatistics {
  /** Entries that counted: all known ones without mining. */
  readonly keptPositives: number;
  readonly keptNegatives: number;
  /** What the sum over entries was divided by; the weight of this batch in an average over batches. */
  readonly denominator: number;
}

export interface Objective {
  /**
   * The loss of a batch, differentiable in the logits ([batch, classes]) only.
   * @throws tensor-shape-wrong, table-length-wrong, soft-target-refused, plugin-throws
   */
  value(logits: Tensor2D, batch: BatchLabels): Scalar;
  /** Whether batches of one step add up (reduction `sum`); otherwise they average, weighted by their denominators. */
  readonly additive: boolean;
  /** Of the last call of `value`. */
  readonly statistics: ObjectiveStatistics;
  /** What gives its value, as errors name it. */
  readonly method: Method;
  /**
   * Who made a value or gradient at finite logits that is not finite. Slow: asked once something went wrong.
   * @returns undefined where no plugin is to blame, as at logits that have grown too large
   */
  culprit(logits: Tensor2D, batch: BatchLabels): Culprit | undefined;
  /** Frees the tables per class. */
  dispose(): void;
}

/** @throws needs-elementwise-loss for a miner or example weights under a batch loss */
export function createObjective(options: ObjectiveOptions): Objective {
  const { loss, miner, exampleWeights } = options;
  if (loss.kind === 'elementwise') return elementwiseObjective(loss, options);
  if (miner) throw errors['needs-elementwise-loss']({ what: 'a mining sampler' });
  if (exampleWeights) throw errors['needs-elementwise-loss']({ what: 'example weights' });
  return batchObjective(loss, options);
}

/** The caller's own model made them. */
const LOGITS: Method = { use: 'model.classify: logits', doing: 'in training' };
const NOTHING: ObjectiveStatistics = { keptPositives: 0, keptNegatives: 0, denominator: 0 };

/** Curves → mining and weights → reduction, as one custom gradient: nothing inside is taped, so a miner needs no care. */
function elementwiseObjective(loss: ElementwiseLoss, options: ObjectiveOptions): Objective {
  const { columns, miner, reduction = 'mean', exampleWeights } = options;
  const tables = classTables(columns);
  let statistics = NOTHING;
  let functions: LossFunctions | undefined;
  let functionsEpoch: number | undefined;
  const at = (epoch: number): LossFunctions => {
    if (!functions || functionsEpoch !== epoch) {
      tables.dispose(); // an epoch's curves may bring tables of their own
      functions = lossFunctions(callPlugin(methodOf(loss, 'loss', 'curves'), () => loss.curves(LOGIT, { epoch })));
      functionsEpoch = epoch;
    }
    return functions;
  };

  const forward = (logits: Tensor2D, batch: BatchLabels): { sum: Scalar; slopes: Tensor2D } => {
    let { values, slopes } = entryValues(at(batch.epoch), logits, batch, tables);
    const multiply = (factor: Tensor2D): void => {
      values = tf.mul(values, factor);
      slopes = tf.mul(slopes, factor);
    };
    if (loss.entryWeights) {
      const method = methodOf(loss, 'loss', 'entryWeights');
      const weights = callPlugin(method, () => loss.entryWeights!(batch));
      multiply(whereKnown(checkedTensor(method, weights, logits.shape), batch));
    }
    if (exampleWeights)
      multiply(
        tf.tensor2d(
          Float32Array.from(batch.examples, (e) => exampleWeights[e]!),
          [batch.examples.length, 1],
        ),
      );
    const { positives, known } = batch.counts;
    statistics = { keptPositives: positives, keptNegatives: known - positives, denominator: known };
    if (miner && batch.epoch >= (miner.startEpoch ?? 1)) {
      const method = methodOf(miner, 'sampler', 'mine');
      const mined = checkedMined(
        method,
        callPlugin(method, () => miner.mine({ losses: values, batch })),
        logits.shape,
      );
      multiply(whereKnown(mined.weights, batch));
      const kept = countKept(method, mined.weights, batch);
      statistics = {
        ...kept,
        denominator: { kept: kept.keptPositives + kept.keptNegatives, positives, known }[mined.denominator],
      };
    }
    if (reduction !== 'mean')
      statistics = { ...statistics, denominator: reduction === 'sum' ? 1 : batch.examples.length };
    return { sum: tf.sum(values), slopes };
  };

  return {
    value: (logits, batch) => {
      checkedTensor(LOGITS, logits, [batch.examples.length, columns]);
      checkTargets(loss, batch.labels, batch.examples);
      return tf.customGrad((z, save) => {
        const { sum, slopes } = forward(z as Tensor2D, batch);
        (save as tf.GradSaveFunc)([slopes]);
        const scale = statistics.denominator === 0 ? 0 : 1 / statistics.denominator;
        return {
          value: tf.mul<Scalar>(sum, scale),
          gradFunc: (dy: Tensor, saved: Tensor[]) => tf.mul(saved[0]!, tf.mul(dy, scale)),
        };
      })(logits);
    },
    additive: reduction === 'sum',
    get statistics() {
      return statistics;
    },
    method: methodOf(loss, 'loss', 'curves'),
    culprit: (logits, batch) =>
      elementwiseCulprit(loss, () => entryValues(at(batch.epoch), logits, batch, tables), logits, batch),
    dispose: () => {
      tables.dispose();
    },
  };
}

/** A loss that couples entries: plain tfjs operations, differentiated by tfjs. */
function batchObjective(loss: BatchLoss, { columns }: ObjectiveOptions): Objective {
  let statistics = NOTHING;
  return {
    value: (logits, batch) => {
      checkedTensor(LOGITS, logits, [batch.examples.length, columns]);
      checkTargets(loss, batch.labels, batch.examples);
      const { positives, known } = batch.counts;
      statistics = { keptPositives: positives, keptNegatives: known - positives, denominator: batch.examples.length };
      const method = methodOf(loss, 'loss', 'compute');
      return checkedTensor(
        method,
        callPlugin(method, () => loss.compute(logits, batch)),
        [],
      );
    },
    additive: false,
    get statistics() {
      return statistics;
    },
    method: methodOf(loss, 'loss', 'compute'),
    culprit: (logits, batch) => batchCulprit(loss, logits, batch),
    dispose: () => undefined,
  };
}
