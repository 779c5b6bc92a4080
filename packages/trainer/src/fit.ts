import * as tf from '@tensorflow/tfjs-core';

import type {
  BatchEvent,
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

import { readBatches } from './batches.js';
import { EpochTotals } from './epoch-totals.js';
import { errors } from './errors.js';
import { globalNorm } from './gradient-norm.js';
import { createObjective } from './objective.js';
import { epochOrder, epochSteps } from './order.js';
import { learningRateAt } from './schedules.js';
import { checkTargets } from './soft-targets.js';
import { trainStep, type Training } from './step.js';
import type { TrainingOptions } from './training-options.js';

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
  /** Validation, after each epoch; its values are the metrics of the epoch's event. */
  readonly evaluate?: (epoch: number) => Promise<Readonly<Record<string, number | null>>>;
  readonly callbacks?: readonly Callback[];
  /** Ends the run after the step at hand. */
  readonly signal?: AbortSignal;
}

export interface FitResult {
  /** Epochs that were finished. */
  readonly epochs: number;
  readonly steps: number;
  /** Validation included. */
  readonly seconds: number;
  /** stopped: by a callback. interrupted: by the signal. */
  readonly ended: 'completed' | 'stopped' | 'interrupted';
  /** Of a callback that stopped. */
  readonly reason?: string;
}

/** Steps of each epoch of a run that `fit` would make, before it is made. */
export const plannedSteps = (
  input: Pick<FitInput, 'dataset' | 'draws' | 'statistics' | 'random'> & {
    readonly options: Pick<TrainingOptions, 'epochs' | 'batchSize'>;
  },
): readonly number[] => epochSteps(drawing(input), input.options.epochs, input.options.batchSize);

/**
 * Trains a model: epochs from 0, each drawn, shuffled, cut into batches (the last partial one too) and validated.
 * Yields to the event loop between steps. Two runs of equal input on one machine and thread count end in equal bits.
 * @throws no-training-examples, soft-target-refused, diverged, draw-invalid, plugin-throws, tensor-shape-wrong; what a callback throws
 */
export async function fit(input: FitInput): Promise<FitResult> {
  const { model, dataset, loss, miner, optimizer, learningRate, options, random, callbacks = [], signal } = input;
  const { labels, exampleWeights, splits } = dataset;
  if (splits.train.length === 0) throw errors['no-training-examples'](undefined);
  checkTargets(
    loss,
    labels,
    Int32Array.from({ length: labels.rows }, (_, row) => row),
  );
  const totalSteps = plannedSteps(input).reduce((a, b) => a + b, 0);
  const objective = createObjective({
    loss,
    columns: labels.columns,
    miner,
    reduction: options.reduction,
    exampleWeights,
  });
  const training: Training = {
    model,
    objective,
    optimizer,
    labels,
    clipNorm: options.clipNorm,
    frozen: input.frozen ?? new Set(),
  };
  const started = performance.now();
  const result = (epochs: number, ended: FitResult['ended']): FitResult => ({
    epochs,
    steps,
    seconds: secondsSince(started),
    ended,
  });
  let steps = 0;

  try {
    for (let epoch = 0; epoch < options.epochs; epoch++) {
      const epochStarted = performance.now();
      const totals = new EpochTotals();
      let rate = 0;
      let examples: Int32Array = new Int32Array(0);
      const augmentation = random.fork('augmentation').fork(epoch);
      const order = epochOrder(drawing(input), epoch);
      for await (const batch of readBatches(dataset, order, options.batchSize, options.augmentation, augmentation)) {
        const step = ++steps;
        examples = batch.examples;
        rate = learningRateAt(options.schedule, learningRate, step, totalSteps);
        const done = trainStep(training, batch, {
          epoch,
          step,
          learningRate: rate,
          random: random.fork('model').fork(step),
        });
        totals.add(done);
        const event: BatchEvent = {
          epoch,
          step,
          loss: done.loss,
          keptPositives: done.keptPositives,
          keptNegatives: done.keptNegatives,
        };
        for (const callback of callbacks) callback.batchEnd?.(event);
        await tf.nextFrame();
        if (signal?.aborted) return result(epoch, 'interrupted');
      }
      checkParameters(model, { epoch, step: steps, examples });
      const metrics = (await input.evaluate?.(epoch)) ?? {};
      const stops: string[] = [];
      const stop = (reason: string): void => void stops.push(reason);
      const seconds = secondsSince(epochStarted);
      for (const callback of callbacks)
        await callback.epochEnd?.({
          epoch,
          step: steps,
          learningRate: rate,
          seconds,
          ...totals.result(),
          metrics,
          stop,
        });
      if (stops.length > 0) return { ...result(epoch + 1, 'stopped'), reason: stops.join('; ') };
      if (signal?.aborted) return result(epoch + 1, 'interrupted');
    }
    return result(options.epochs, 'completed');
  } finally {
    objective.dispose();
  }
}

/** What the last update of an epoch spoils shows in no loss before the model is scored. */
function checkParameters({ parameters }: Model, at: { epoch: number; step: number; examples: Int32Array }): void {
  const norm = tf.tidy(() => globalNorm(parameters.map(({ variable }) => variable)));
  if (!Number.isFinite(norm)) throw errors.diverged({ what: `parameters of norm ${norm}`, ...at });
}

const drawing = ({
  dataset,
  draws = [],
  statistics,
  random,
}: Pick<FitInput, 'dataset' | 'draws' | 'statistics' | 'random'>) => ({
  pool: dataset.splits.train,
  samplers: draws,
  labels: dataset.labels,
  statistics,
  random,
});

const secondsSince = (milliseconds: number): number => (performance.now() - milliseconds) / 1000;
