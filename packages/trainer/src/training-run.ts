import * as tf from '@tensorflow/tfjs-core';

import type { Callback, EpochEvent, Parameter } from '@counterweight/core';

import { readBatches } from './batches.js';
import { CheckpointSchedule } from './checkpoint-schedule.js';
import { EarlyStopping } from './early-stopping.js';
import { EpochTotals } from './epoch-totals.js';
import type { FitInput, FitResult } from './fit.js';
import { globalNorm } from './gradient-norm.js';
import { createObjective } from './objective.js';
import { drawingOf, epochOrder } from './order.js';
import { RunClock, secondsSince } from './run-clock.js';
import { partsOfRun } from './run-parts.js';
import { learningRateAt } from './schedules.js';
import { weightFault } from './step-fault.js';
import { Step, type StepResult, type Training } from './step.js';
import { StopReasons } from './stop-reasons.js';
import { checkPosition, gather, restore, type StatePart, type TrainingState } from './training-state.js';
import { averageWeights, type WeightAverage } from './weight-average.js';

/** One run of `fit` with all that moves in it: its position, its sums, and what has memory. */
export class TrainingRun {
  private epoch = 0;
  /** Done of this epoch. */
  private batch = 0;
  /** Done of the run. */
  private steps = 0;
  /** Of the last batch. */
  private examples: Int32Array = new Int32Array();
  /** Whether anything happened since the state was last saved or restored. */
  private isNew = true;

  private readonly clock: RunClock;
  private readonly totals = new EpochTotals();
  private readonly stops = new StopReasons();
  private readonly checkpoints: CheckpointSchedule;
  private readonly training: Training;
  private readonly average: WeightAverage | null;
  private readonly early: EarlyStopping | null;
  private readonly watchers: readonly Callback[];
  private readonly totalSteps: number;

  /** @param planned steps of each epoch */
  constructor(
    private readonly input: FitInput,
    private readonly planned: readonly number[],
  ) {
    const { model, dataset, loss, miner, optimizer, options, callbacks = [], frozen = new Set() } = input;
    const { labels, exampleWeights } = dataset;
    const { reduction, clipNorm, ema, earlyStopping } = options;
    const objective = createObjective({ loss, columns: labels.columns, miner, reduction, exampleWeights });
    this.training = { model, objective, optimizer, labels, dataset, clipNorm, frozen };
    this.average = ema && averageWeights([...model.parameters, ...model.buffers].filter(this.isMoving), ema);
    this.early = earlyStopping && new EarlyStopping(earlyStopping, model);
    this.watchers = this.early ? [...callbacks, this.early] : callbacks;
    this.checkpoints = new CheckpointSchedule(options.checkpoint);
    this.clock = new RunClock(input.resume?.seconds);
    this.totalSteps = planned.reduce((a, b) => a + b, 0);
  }

  /** @throws training-state-wrong, optimizer-state-wrong; what a plugin's `load` throws. Nothing was loaded then. */
  restore(state: TrainingState): void {
    checkPosition(state, this.planned, this.input.options.accumulate);
    restore(this.parts, state.arrays);
    ({ epoch: this.epoch, batch: this.batch, step: this.steps } = state);
    this.isNew = false;
  }

  async train(): Promise<FitResult> {
    const { signal, options } = this.input;
    while (this.epoch < options.epochs && this.stops.reason === undefined) {
      const isWhole = await this.trainEpoch();
      if (isWhole) await this.endEpoch();
      if (!isWhole || signal?.aborted) {
        await this.save();
        return this.result('interrupted');
      }
    }
    await this.save();
    const bestEpoch = this.early?.restore();
    if (bestEpoch === undefined) this.average?.swap();
    const { reason } = this.stops;
    return {
      ...this.result(reason === undefined ? 'completed' : 'stopped'),
      ...(reason !== undefined && { reason }),
      ...(bestEpoch !== undefined && { bestEpoch }),
    };
  }

  dispose(): void {
    this.training.objective.dispose();
    this.average?.dispose();
  }

  /** The rest of an epoch's steps. Whether it came to its end. */
  private async trainEpoch(): Promise<boolean> {
    const { dataset, options, random, signal, callbacks = [] } = this.input;
    const { batchSize, accumulate, augmentation } = options;
    const { epoch } = this;
    const order = epochOrder(drawingOf(this.input), epoch);
    const batches = Math.ceil(order.length / batchSize);
    const reading = {
      batchSize,
      first: this.batch,
      augmentation: { options: augmentation, random: random.fork('augmentation').fork(epoch) },
    };
    let step: Step | undefined;
    let asked = performance.now();
    try {
      for await (const batch of readBatches(dataset, order, reading)) {
        this.clock.wait(secondsSince(asked));
        step ??= this.beginStep();
        step.add(batch);
        this.examples = batch.examples;
        this.batch++;
        if (step.batches === accumulate || this.batch === batches) {
          const done = step.finish();
          step = undefined;
          this.endStep(done, callbacks);
          if (this.checkpoints.isDue(this.steps)) await this.save();
        }
        asked = performance.now();
        await tf.nextFrame();
        if (signal?.aborted && !step) return false;
      }
    } finally {
      step?.dispose();
    }
    this.checkWeights();
    return true;
  }

  private beginStep(): Step {
    const step = this.steps + 1;
    const { epoch, input } = this;
    return new Step(this.training, {
      epoch,
      step,
      learningRate: this.rateAt(step),
      random: input.random.fork('model').fork(step),
    });
  }

  private endStep(done: StepResult, callbacks: readonly Callback[]): void {
    this.steps++;
    this.isNew = true;
    this.totals.add(done);
    this.average?.update(this.steps);
    const { loss, keptPositives, keptNegatives } = done;
    const event = { epoch: this.epoch, step: this.steps, loss, keptPositives, keptNegatives };
    for (const callback of callbacks) callback.batchEnd?.(event);
  }

  /** Validation and the epoch's event, with the weights that the run would end with. */
  private async endEpoch(): Promise<void> {
    const { epoch, steps, average, stops } = this;
    average?.swap();
    try {
      const metrics = (await this.input.evaluate?.(epoch)) ?? {};
      const event: EpochEvent = {
        epoch,
        step: steps,
        learningRate: this.rateAt(steps),
        ...this.clock.epoch,
        ...this.totals.result(),
        metrics,
        stop: (reason) => {
          stops.add(reason);
        },
      };
      for (const watcher of this.watchers) await watcher.epochEnd?.(event);
    } finally {
      average?.swap();
    }
    this.epoch++;
    this.batch = 0;
    this.totals.reset();
    this.clock.beginEpoch();
    this.isNew = true;
  }

  private async save(): Promise<void> {
    if (!this.input.save || !this.isNew) return;
    this.checkWeights(); // what is saved can be gone on from
    const { epoch, batch, steps: step, parts } = this;
    await this.input.save({ epoch, batch, step, seconds: this.clock.run.seconds, arrays: gather(parts) });
    this.isNew = false;
    this.checkpoints.saved();
  }

  private get parts(): readonly StatePart[] {
    const { totals, clock: times, stops: stopped, early: earlyStopping, average, input } = this;
    const own = { totals, times, stopped, earlyStopping, average };
    return partsOfRun(input, input.model.parameters.filter(this.isMoving), own);
  }

  private readonly isMoving = ({ group }: Parameter): boolean => !this.input.frozen?.has(group);

  /** Of the schedule; `step` counts from 1. */
  private rateAt(step: number): number {
    const { options, learningRate } = this.input;
    return step === 0 ? 0 : learningRateAt(options.schedule, learningRate, step, this.totalSteps);
  }

  private result(ended: FitResult['ended']): FitResult {
    return { epochs: this.epoch, steps: this.steps, ...this.clock.run, ended };
  }

  /** What the last update spoils shows in no loss before the model is scored or saved. */
  private checkWeights(): void {
    const { parameters, buffers } = this.input.model;
    const norm = tf.tidy(() => globalNorm([...parameters, ...buffers].map(({ variable }) => variable)));
    if (Number.isFinite(norm)) return;
    const { epoch, steps: step, examples } = this;
    const fault = weightFault(this.training, { epoch, step, examples });
    if (fault) throw fault;
  }
}
