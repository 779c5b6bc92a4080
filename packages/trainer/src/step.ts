import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

import type { Dataset, Model, Optimizer, Parameter, RandomStream, SparseLabels } from '@counterweight/core';

import { batchLabels } from './batch-labels.js';
import type { Batch } from './batches.js';
import { forward } from './forward.js';
import { clipByGlobalNorm, globalNorm } from './gradient-norm.js';
import type { Objective, ObjectiveStatistics } from './objective.js';
import { notDifferentiable, notFinite, weightFault, type FailedStep } from './step-fault.js';
import { StepSums } from './step-sums.js';

/** What moves in a step. */
export interface Training {
  readonly model: Model;
  readonly objective: Objective;
  readonly optimizer: Optimizer;
  /** Of the whole data set. */
  readonly labels: SparseLabels;
  /** Where inputs come from: named where they are not finite. */
  readonly dataset?: Pick<Dataset, 'read'>;
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
 * One training step. For each of its batches (most often one): forward → objective (curves, mining, weights, reduction) →
 * gradients, joined with those before. Then: clipping → optimiser.
 * Batches were read and augmented before. Nothing but the model's and the optimiser's own tensors outlives it.
 */
export class Step {
  private readonly sums: StepSums;
  private readonly parameters: readonly Parameter[];
  /** The batch at hand, for who asks why it failed. */
  private at: Pick<FailedStep, 'batch' | 'random'> | undefined;

  constructor(
    private readonly training: Training,
    private readonly time: StepTime,
  ) {
    this.sums = new StepSums(training.objective.additive);
    this.parameters = training.model.parameters.filter(({ group }) => !training.frozen.has(group));
  }

  /** @throws diverged, plugin-not-finite when the loss is not finite; what the model, the loss and the miner throw */
  add(batch: Batch): void {
    const { inputs, examples, shape } = batch;
    const { model, objective, frozen } = this.training;
    const { batches } = this.sums;
    const random = batches === 0 ? this.time.random : this.time.random.fork(batches);
    const labels = batchLabels(this.training.labels, examples, this.time.epoch);
    this.at = { batch, random };
    try {
      tf.tidy(() => {
        const images = tf.tensor(inputs, [examples.length, ...shape]);
        const { value, grads } = tf.variableGrads(
          () => objective.value(forward(model, images, { training: true, frozen, random }), labels),
          this.parameters.map(({ variable }) => variable),
        );
        const result = { loss: value.dataSync()[0]!, ...objective.statistics };
        this.sums.add(result, byName(this.parameters, grads), examples);
        if (!Number.isFinite(result.loss)) throw notFinite(this.failure, `loss ${result.loss}`);
      });
    } catch (error) {
      throw notDifferentiable(this.failure, error);
    } finally {
      labels.dispose();
    }
  }

  /** @throws diverged, plugin-not-finite when a gradient is not finite; the parameters are then untouched */
  finish(): StepResult {
    const { optimizer, clipNorm } = this.training;
    const { step, learningRate } = this.time;
    tf.tidy(() => {
      const { gradients } = this.sums;
      const norm = globalNorm(gradients.values());
      if (!Number.isFinite(norm)) throw notFinite(this.failing(gradients), `gradients of norm ${norm}`);
      const clipped = clipNorm === null ? gradients : clipByGlobalNorm(gradients, norm, clipNorm);
      optimizer.step(this.parameters, clipped, { step, learningRate });
    });
    // Numbers once, at the beginning: later what it spoils shows in the next loss.
    if (step === 1 || this.parameters.some(({ variable }) => variable.isDisposed)) {
      const fault = weightFault(this.training, { ...this.time, examples: this.sums.examples });
      if (fault) throw fault;
    }
    this.dispose();
    return this.sums.result;
  }

  /** Number of batches so far. */
  get batches(): number {
    return this.sums.batches;
  }

  /** Frees the gradients of a step that is not finished. */
  dispose(): void {
    this.sums.dispose();
  }

  /** Of accumulated gradients nobody knows which batch spoilt them: where the last one did not, no one is blamed. */
  private failing(gradients: ReadonlyMap<string, Tensor>): FailedStep {
    return this.sums.batches === 1 ? { ...this.failure, gradients } : this.failure;
  }

  private get failure(): FailedStep {
    const { training, time, sums } = this;
    return { training, time, examples: sums.examples, ...this.at! };
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
