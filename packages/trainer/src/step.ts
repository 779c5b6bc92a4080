import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

import type { Model, Optimizer, Parameter, RandomStream, SparseLabels } from '@counterweight/core';

import { batchLabels } from './batch-labels.js';
import type { Batch } from './batches.js';
import { errors } from './errors.js';
import { clipByGlobalNorm, globalNorm } from './gradient-norm.js';
import type { Objective, ObjectiveStatistics } from './objective.js';

/** What moves in a step. */
export interface Training {
  readonly model: Model;
  readonly objective: Objective;
  readonly optimizer: Optimizer;
  /** Of the whole data set. */
  readonly labels: SparseLabels;
  /** Upper bound of the gradients' global norm; null: none. */
  readonly clipNorm: number | null;
  readonly frozen: ReadonlySet<Parameter['group']>;
}

/** `step` counts from 1, `epoch` from 0; `random` is forked for this step. */
export interface StepTime {
  readonly epoch: number;
  readonly step: number;
  readonly learningRate: number;
  readonly random: RandomStream;
}

export interface StepResult extends ObjectiveStatistics {
  readonly loss: number;
}

/**
 * One training step: forward → objective (curves, mining, weights, reduction) → gradients → clipping → optimiser.
 * The batch was read and augmented before. Nothing but the model's and the optimiser's own tensors outlives it.
 * @throws diverged when the loss or a gradient is not finite; the parameters are then untouched
 */
export function trainStep(training: Training, batch: Batch, time: StepTime): StepResult {
  const { model, objective, optimizer, clipNorm, frozen } = training;
  const { epoch, step, learningRate, random } = time;
  const { examples } = batch;
  const labels = batchLabels(training.labels, examples, epoch);
  const parameters = model.parameters.filter(({ group }) => !frozen.has(group));
  try {
    return tf.tidy(() => {
      const inputs = tf.tensor(batch.inputs, [examples.length, ...batch.shape]);
      const { value, grads } = tf.variableGrads(
        () => objective.value(model.classify(model.features(inputs, { training: true, frozen, random })), labels),
        parameters.map(({ variable }) => variable),
      );
      const loss = value.dataSync()[0]!;
      if (!Number.isFinite(loss)) throw errors.diverged({ what: `loss ${loss}`, epoch, step, examples });
      const gradients = byName(parameters, grads);
      const norm = globalNorm(gradients.values());
      if (!Number.isFinite(norm)) throw errors.diverged({ what: `gradients of norm ${norm}`, epoch, step, examples });
      const clipped = clipNorm === null ? gradients : clipByGlobalNorm(gradients, norm, clipNorm);
      optimizer.step(parameters, clipped, { step, learningRate });
      return { loss, ...objective.statistics };
    });
  } finally {
    labels.dispose();
  }
}

/** Gradients by our names instead of the variables' own; a parameter that the loss does not reach has none. */
function byName(parameters: readonly Parameter[], gradients: Readonly<Record<string, Tensor>>): Map<string, Tensor> {
  const named = new Map<string, Tensor>();
  for (const { name, variable } of parameters) {
    const gradient = gradients[variable.name];
    if (gradient) named.set(name, gradient);
  }
  return named;
}
