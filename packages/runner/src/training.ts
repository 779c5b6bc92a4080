import { join } from 'node:path';

import {
  isCounterweightError,
  RUN_FILES,
  type Callback,
  type CounterweightError,
  type ResolvedRun,
  type RunEvent,
} from '@counterweight/core';
import type { Engine } from '@counterweight/tensorflow';
import { fit, type TrainingState } from '@counterweight/trainer';

import { callbackNames, withMemoryOf, type NamedCallback } from './callbacks.js';
import { throwStray } from './calls-under-way.js';
import { CheckpointStore, type Checkpoint } from './checkpoints/store.js';
import type { errors } from './errors.js';
import { LeakWatch } from './leak-watch.js';
import { Measurement } from './measurement.js';
import { createNetwork, modelInput, type Network } from './network.js';
import { peakRate } from './peak-rate.js';
import type { Plan } from './plan.js';
import type { Prepared } from './prepare.js';
import { resolvedRun } from './resolved-run.js';
import { changedSurroundings, lastCheckpoint } from './resume.js';
import type { RunOptions, RunResult } from './run.js';
import type { RunFolder } from './run-folder.js';
import { saveModel } from './saved-model.js';

/** One run from where it stands to its end. */
export class Training {
  private readonly store: CheckpointStore;

  constructor(
    private readonly prepared: Prepared,
    private readonly plan: Plan,
    private readonly folder: RunFolder,
    private readonly callbacks: readonly NamedCallback[],
    private readonly options: Pick<RunOptions, 'logger' | 'signal' | 'onTrained'>,
  ) {
    const { keep } = prepared.manifest.settings.training.checkpoint;
    this.store = new CheckpointStore(join(folder.path, RUN_FILES.checkpoints), { keep });
  }

  async run(recorded: ResolvedRun | undefined, engine: Engine): Promise<RunResult> {
    const { folder, prepared } = this;
    const saved = recorded && (await lastCheckpoint(this.store, folder, this.options.logger));
    const { checkpoint, messages } = saved ? withMemoryOf(this.callbacks, saved) : { checkpoint: saved, messages: [] };
    const input = recorded?.input ?? (await modelInput(prepared));
    const network = await createNetwork(prepared, input);
    this.begin(resolvedRun(prepared, network.model, input, engine), recorded, checkpoint);
    const { warning } = engine.choice; // the user has seen it
    if (warning !== undefined) this.tell({ type: 'warning', message: warning });
    for (const message of messages) this.warn(message);
    try {
      return await this.train(network, checkpoint);
    } catch (error) {
      const status = isCounterweightError(error) && error.exit === 6 ? 'diverged' : 'failed';
      this.tell({ type: 'end', time: now(), status, reason: error instanceof Error ? error.message : String(error) });
      throw error;
    }
  }

  /** What the folder holds before the first step. */
  private begin(resolved: ResolvedRun, recorded: ResolvedRun | undefined, checkpoint: Checkpoint | undefined): void {
    const { folder, plan, prepared } = this;
    folder.rewindEvents(Number(checkpoint?.about['events'] ?? 0));
    if (recorded && checkpoint) {
      folder.event({ type: 'resume', time: now(), step: checkpoint.step });
      for (const message of changedSurroundings(recorded, resolved)) this.warn(message);
      return;
    }
    folder.write(RUN_FILES.manifest, prepared.manifest.text);
    folder.writeJson(RUN_FILES.resolved, resolved);
    folder.event({ type: 'start', time: now() });
    for (const message of plan.warnings) folder.event({ type: 'warning', message });
  }

  private async train({ model, optimizer }: Network, checkpoint: Checkpoint | undefined): Promise<RunResult> {
    const { prepared, folder, callbacks } = this;
    const { manifest, dataset, loss, draws, miner, statistics, random } = prepared;
    const measurement = new Measurement(model, prepared, folder);
    const leaks = new LeakWatch((message) => {
      this.warn(message);
    });
    const fitting = fit({
      model,
      dataset,
      loss,
      draws,
      miner,
      statistics,
      optimizer,
      learningRate: peakRate(manifest),
      options: manifest.settings.training,
      random,
      ...(checkpoint && { resume: checkpoint }),
      save: (state) => this.save(state),
      evaluate: () => {
        leaks.betweenEpochs();
        return measurement.validate();
      },
      callbacks: [this.recorder(checkpoint?.seconds ?? 0), ...callbacks.map(({ callback }) => callback), leaks],
      ...(this.options.signal && { signal: this.options.signal }),
    });
    const fitted = await fitting.finally(() => {
      leaks.close();
    });
    if (fitted.ended === 'interrupted') {
      this.tell({ type: 'end', time: now(), status: 'interrupted' });
      return { folder: folder.path, ended: fitted.ended };
    }

    await saveModel(folder, model, dataset.classes);
    this.options.onTrained?.({ folder: folder.path, testExamples: dataset.splits.test.length });
    const metrics = await measurement.whole(fitted);
    throwStray();
    const { ended, reason } = fitted;
    const status = ended === 'stopped' ? 'stopped' : 'done';
    folder.event({ type: 'end', time: now(), status, ...(reason !== undefined && { reason }) });
    folder.writeJson(RUN_FILES.metrics, metrics); // last: where it stands the run is finished
    return { folder: folder.path, ended, metrics, waited: fitted.waited };
  }

  /** A checkpoint that cannot be written costs no training: the one before it stays, the next is tried. */
  private async save(state: TrainingState): Promise<void> {
    try {
      const about = { events: String(this.folder.eventBytes()), callbacks: callbackNames(this.callbacks) };
      const { file } = await this.store.write({ ...state, about });
      for (const { callback } of this.callbacks) await callback.checkpoint?.({ file, step: state.step });
    } catch (error) {
      if (!isUnwritable(error)) throw error;
      this.warn(error.message);
    }
  }

  private recorder(before: number): Callback {
    const started = performance.now();
    return {
      epochEnd: ({ epoch, step, loss, learningRate, waited, keptPositives, keptNegatives, metrics }) => {
        const seconds = before + (performance.now() - started) / 1000;
        const counts = { keptPositives, keptNegatives };
        const event = { epoch, step, loss, learningRate, seconds, waited, ...counts, validation: { ...metrics } };
        this.record({ type: 'epoch', ...event });
      },
    };
  }

  private warn(message: string): void {
    this.options.logger.warn(message);
    this.tell({ type: 'warning', message });
  }

  /** An event that costs no training either: it is written with the next one that can be. */
  private record(event: RunEvent): void {
    try {
      this.folder.event(event);
    } catch (error) {
      if (!isUnwritable(error)) throw error;
      this.options.logger.warn(error.message);
    }
  }

  /** An event that may be lost: something worse is being told. */
  private tell(event: RunEvent): void {
    try {
      this.folder.event(event);
    } catch {
      // The same disk that failed before.
    }
  }
}

/** Of the disk, not of the run. */
const isUnwritable = (error: unknown): error is CounterweightError =>
  isCounterweightError(error) &&
  (['checkpoint-unwritable', 'out-unwritable'] satisfies (keyof typeof errors)[] as string[]).includes(error.code);

const now = (): string => new Date().toISOString();
