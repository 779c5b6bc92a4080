import type {
  Callback,
  Dataset,
  DrawSampler,
  LabelStatistics,
  Loss,
  MineSampler,
  Model,
  Optimizer,
  Parameter,
  RandomStream,
} from '@counterweight/core';

import { errors } from './errors.js';
import { drawingOf, epochSteps } from './order.js';
import { checkTargets } from './soft-targets.js';
import type { TrainingOptions } from './training-options.js';
import { TrainingRun } from './training-run.js';
import type { TrainingState } from './training-state.js';

export interface FitInput {
  readonly model: Model;
  readonly dataset: Dataset;
  /** With its weights already applied. */
  readonly loss: Loss;
  readonly draws?: readonly DrawSampler[];
  readonly miner?: MineSampler | undefined;
  /** Of the training split. */
  readonly statistics: LabelStatistics;
  readonly optimizer: Optimizer;
  /** At the peak of the schedule. */
  readonly learningRate: number;
  readonly options: Omit<TrainingOptions, 'optimizer'>;
  /** The run's stream; order, draws, augmentation and dropout fork it by name. */
  readonly random: RandomStream;
  readonly frozen?: ReadonlySet<Parameter['group']>;
  /**
   * Validation, after each epoch; its values are the metrics of the epoch's event. With `ema` the model holds the averaged
   * weights while it and the callbacks' `epochEnd` run.
   */
  readonly evaluate?: (epoch: number) => Promise<Readonly<Record<string, number | null>>>;
  /** Those with memory are saved by their place in this list. */
  readonly callbacks?: readonly Callback[];
  /** Ends the run after the step at hand, with its state saved. */
  readonly signal?: AbortSignal;
  /** Goes on from here, in objects built as those that began. */
  readonly resume?: TrainingState;
  /** Called when `options.checkpoint` says so, when `signal` ends the run, and when it is complete. What it throws ends the run. */
  readonly save?: (state: TrainingState) => Promise<void>;
}

export interface FitResult {
  /** Epochs that were finished. */
  readonly epochs: number;
  readonly steps: number;
  /** Validation included; over all resumptions. */
  readonly seconds: number;
  /** Of these, waiting for inputs. */
  readonly waited: number;
  /** stopped: by a callback or early stopping. interrupted: by the signal. */
  readonly ended: 'completed' | 'stopped' | 'interrupted';
  /** Of what stopped it. */
  readonly reason?: string;
  /** The epoch, from 0, whose weights early stopping put back. */
  readonly bestEpoch?: number;
}

/** Optimiser steps of each epoch of a run that `fit` would make, before it is made. */
export const plannedSteps = (
  input: Pick<FitInput, 'dataset' | 'draws' | 'statistics' | 'random'> & {
    readonly options: Pick<TrainingOptions, 'epochs' | 'batchSize' | 'accumulate'>;
  },
): readonly number[] => {
  const { epochs, batchSize, accumulate } = input.options;
  return epochSteps(drawingOf(input), epochs, batchSize * accumulate);
};

/**
 * Trains a model: epochs from 0, each drawn, shuffled, cut into batches (the last partial one too) and validated.
 * Yields to the event loop between batches. Two runs of equal input on one machine and thread count end in equal bits, also
 * when one was stopped after any step and resumed. When it ends completed or stopped, the model holds the weights to keep:
 * the best epoch's with early stopping, the averaged ones with `ema`, else the last.
 * @throws no-training-examples, early-stopping-needs-validation, soft-target-refused, needs-elementwise-loss;
 *   training-state-wrong, optimizer-state-wrong (nothing was loaded then); diverged, draw-invalid, plugin-throws,
 *   tensor-shape-wrong, early-stopping-metric-unknown; what a callback or `save` throws
 */
export async function fit(input: FitInput): Promise<FitResult> {
  const { dataset, loss, options, evaluate } = input;
  const { labels, splits } = dataset;
  if (splits.train.length === 0) throw errors['no-training-examples'](undefined);
  if (options.earlyStopping && (!evaluate || splits.validation.length === 0))
    throw errors['early-stopping-needs-validation'](undefined);
  checkTargets(
    loss,
    labels,
    Int32Array.from({ length: labels.rows }, (_, row) => row),
  );
  const run = new TrainingRun(input, plannedSteps(input));
  try {
    if (input.resume) run.restore(input.resume);
    return await run.train();
  } finally {
    run.dispose();
  }
}
