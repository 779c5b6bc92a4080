import { join } from 'node:path';

import {
  isCounterweightError,
  RUN_FILES,
  type Callback,
  type CounterweightError,
  type Logger,
  type ResolvedRun,
  type RunEvent,
  type RunMetrics,
  type Scores,
} from '@counterweight/core';
import { chanceScores } from '@counterweight/metrics';
import { loadEngine, type Engine } from '@counterweight/tensorflow';
import { fit, type FitResult, type TrainingState } from '@counterweight/trainer';

import { CheckpointStore, type Checkpoint } from './checkpoints/store.js';
import type { errors } from './errors.js';
import { evaluateReference, evaluateSplit, flatten, type SplitResult } from './evaluate-split.js';
import type { Manifest } from './manifest.js';
import { createNetwork, modelInput, type Network } from './network.js';
import { peakRate } from './peak-rate.js';
import { perClassTable } from './per-class.js';
import { planOf, type Plan } from './plan.js';
import { prepare, type Prepared } from './prepare.js';
import { resolvedRun, threadsOf } from './resolved-run.js';
import { changedSurroundings, checkData, checkManifest, lastCheckpoint } from './resume.js';
import { RunFolder } from './run-folder.js';
import { saveModel } from './saved-model.js';
import { splitScores } from './split-scores.js';
import { pickTestExamples } from './test-examples.js';
import { validationSample } from './validation.js';

export interface RunOptions {
  /** The run's folder: new or empty. Default `runs/<time>-<manifest's name>` in the working directory. */
  readonly out?: string;
  /** Instead of `out`: goes on with the run in this folder, or starts it there. */
  readonly resume?: string;
  readonly logger: Logger;
  /** Threads of the engine; default: as a resumed run began, else one per core. Bits differ with it. */
  readonly threads?: number;
  /** Ends the run after the step at hand, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** Called with the plan before training; the callbacks it returns watch it. */
  readonly onPlan?: (plan: Plan) => readonly Callback[];
}

export interface RunResult {
  readonly folder: string;
  readonly ended: FitResult['ended'];
  /** Absent when interrupted. */
  readonly metrics?: RunMetrics;
  /** Seconds of training spent waiting for inputs; absent when this process did not train to the end. */
  readonly waited?: number;
}

/**
 * Runs a manifest: data, plan, engine, model, training with validation each epoch, test scores once, metrics, run folder.
 * Two runs of one manifest on the same machine with the same threads have equal metrics, whether stopped and resumed or not.
 *
 * @throws out-not-empty, out-unwritable, run-in-use, resume-manifest-changed before anything is read; resume-data-changed; what
 *   the plan, the engine (exit 5) and plugins (exit 4) throw; checkpoints-damaged; diverged (exit 6). Once training has begun
 *   the folder says in its last event how it ended.
 */
export async function run(manifest: Manifest, options: RunOptions): Promise<RunResult> {
  const { resume } = options;
  const path = resume ?? options.out ?? defaultFolder(manifest);
  // Held from here on: what is read of it is what is gone on with.
  const folder = resume === undefined ? RunFolder.create(path) : RunFolder.open(path);
  try {
    const recorded = folder.recorded();
    if (recorded) checkManifest(recorded, manifest, path);
    const prepared = await prepare(manifest, options.logger);
    try {
      return await runPrepared(prepared, folder, recorded, options);
    } finally {
      await prepared.scope.dispose();
    }
  } finally {
    folder.close();
  }
}

async function runPrepared(
  prepared: Prepared,
  folder: RunFolder,
  recorded: ResolvedRun | undefined,
  options: RunOptions,
): Promise<RunResult> {
  if (recorded) checkData(recorded, prepared.dataset, folder.path);
  const plan = planOf(prepared);
  const callbacks = options.onPlan?.(plan) ?? [];
  const metrics = recorded && resultOf(folder, options.logger);
  if (metrics) {
    options.logger.info(`${folder.path} is finished: there is nothing to resume`);
    return { folder: folder.path, ended: 'completed', metrics };
  }
  const threads = options.threads ?? threadsOf(recorded);
  const engine = await loadEngine(threads === undefined ? {} : { threads });
  return new Training(prepared, plan, folder, callbacks, options).run(recorded, engine);
}

/** Of a run that is finished. Metrics that were damaged are measured again. */
function resultOf(folder: RunFolder, logger: Logger): RunMetrics | undefined {
  try {
    return folder.metrics();
  } catch (error) {
    if (!isCounterweightError(error)) throw error;
    logger.warn(`${RUN_FILES.metrics} cannot be read (${error.found}): it is made again`);
    return undefined;
  }
}

/** One run from where it stands to its end. */
class Training {
  private readonly store: CheckpointStore;

  constructor(
    private readonly prepared: Prepared,
    private readonly plan: Plan,
    private readonly folder: RunFolder,
    private readonly callbacks: readonly Callback[],
    private readonly options: Pick<RunOptions, 'logger' | 'signal'>,
  ) {
    const { keep } = prepared.manifest.settings.training.checkpoint;
    this.store = new CheckpointStore(join(folder.path, RUN_FILES.checkpoints), { keep });
  }

  async run(recorded: ResolvedRun | undefined, engine: Engine): Promise<RunResult> {
    const { folder, prepared } = this;
    const checkpoint = recorded && (await lastCheckpoint(this.store, folder, this.options.logger));
    const input = recorded?.input ?? (await modelInput(prepared));
    const network = await createNetwork(prepared, input);
    this.begin(resolvedRun(prepared, network.model, input, engine), recorded, checkpoint);
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
    const { manifest, dataset, loss, draws, miner, statistics, random, metrics } = prepared;
    const { training, evaluation: settings } = manifest.settings;
    const context = { dataset, training: statistics, metrics, settings };

    const measured = async <T>(
      split: 'validation' | 'test',
      examples: Int32Array,
      then: (scores: Scores, result: SplitResult) => T | Promise<T>,
    ): Promise<T> => {
      const scores = await splitScores(model, dataset, examples, folder.path);
      try {
        return await then(scores, await evaluateSplit(split, scores, context, examples));
      } finally {
        scores.close();
      }
    };
    const { validation: whole } = dataset.splits;
    const sample = validationSample(whole, dataset.classes.length, settings.validationExamples, random);
    let last: SplitResult['metrics'] | undefined;

    const fitted = await fit({
      model,
      dataset,
      loss,
      draws,
      miner,
      statistics,
      optimizer,
      learningRate: peakRate(manifest),
      options: training,
      random,
      ...(checkpoint && { resume: checkpoint }),
      save: (state) => this.save(state),
      evaluate: async () => {
        if (sample.length === 0) return {};
        last = await measured('validation', sample, (_, { metrics: found }) => found);
        return flatten(last);
      },
      callbacks: [this.recorder(checkpoint?.seconds ?? 0), ...callbacks],
      ...(this.options.signal && { signal: this.options.signal }),
    });
    if (fitted.ended === 'interrupted') {
      this.tell({ type: 'end', time: now(), status: 'interrupted' });
      return { folder: folder.path, ended: fitted.ended };
    }

    await saveModel(folder, model, dataset.classes);
    // What was measured last may be of a sample, of another process, or of an epoch that was not the best.
    const known = sample.length === whole.length && training.earlyStopping === null ? last : undefined;
    const validation =
      known ?? (whole.length === 0 ? {} : await measured('validation', whole, (_, { metrics: found }) => found));
    const test = await measured('test', dataset.splits.test, async (scores, { metrics: found, perClass }) => {
      folder.write(RUN_FILES.perClass, perClassTable(dataset, perClass));
      folder.writeJson(RUN_FILES.testExamples, await pickTestExamples(dataset, scores, settings.threshold));
      return found;
    });
    const chance = chanceScores(dataset.splits.test.length, dataset.classes.length, random.fork('chance'));
    const optimum = dataset.optimum?.(dataset.splits.test);
    const result: RunMetrics = {
      validation,
      test,
      chance: { averagePrecision: await evaluateReference(chance, context) },
      ...(optimum && { optimum: { averagePrecision: await evaluateReference(optimum, context) } }),
      seconds: fitted.seconds,
      steps: fitted.steps,
    };
    const { ended, reason } = fitted;
    const status = ended === 'stopped' ? 'stopped' : 'done';
    folder.event({ type: 'end', time: now(), status, ...(reason !== undefined && { reason }) });
    folder.writeJson(RUN_FILES.metrics, result); // last: where it stands the run is finished
    return { folder: folder.path, ended, metrics: result, waited: fitted.waited };
  }

  /** A checkpoint that cannot be written costs no training: the one before it stays, the next is tried. */
  private async save(state: TrainingState): Promise<void> {
    try {
      const about = { events: String(this.folder.eventBytes()) };
      const { file } = await this.store.write({ ...state, about });
      for (const callback of this.callbacks) await callback.checkpoint?.({ file, step: state.step });
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

function defaultFolder({ name }: Manifest): string {
  return join('runs', `${now().slice(0, 19).replaceAll(':', '-')}-${name}`);
}

const now = (): string => new Date().toISOString();
