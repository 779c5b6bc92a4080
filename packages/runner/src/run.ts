import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';

import {
  errors,
  INPUT,
  isCounterweightError,
  RUN_FILES,
  type Callback,
  type Logger,
  type ResolvedRun,
  type RunMetrics,
} from '@counterweight/core';
import { chanceScores } from '@counterweight/metrics';
import { accelerate, loadEngine, type Engine } from '@counterweight/tensorflow';
import { channelStatistics, fit, initialiseHead, scoreExamples, type FitResult } from '@counterweight/trainer';

import { childOf } from './json-schema.js';
import { evaluateChance, evaluateSplit, flatten, type SplitResult } from './evaluate-split.js';
import type { Manifest } from './manifest.js';
import { perClassTable } from './per-class.js';
import { installed, planOf, type Plan } from './plan.js';
import { prepare, type Prepared } from './prepare.js';
import { checkRunFolder, RunFolder } from './run-folder.js';
import { pickTestExamples } from './test-examples.js';
import { versions } from './versions.js';

export interface RunOptions {
  /** The run's folder: new or empty. Default `runs/<time>-<manifest's name>` in the working directory. */
  readonly out?: string;
  readonly logger: Logger;
  /** Threads of the engine; default: one per core. Bits differ with it. */
  readonly threads?: number;
  /** Ends the run after the step at hand; its folder stays valid. */
  readonly signal?: AbortSignal;
  /** Called with the plan before training; the callbacks it returns watch it. */
  readonly onPlan?: (plan: Plan) => readonly Callback[];
}

export interface RunResult {
  readonly folder: string;
  readonly ended: FitResult['ended'];
  /** Absent when interrupted. */
  readonly metrics?: RunMetrics;
}

/**
 * Runs a manifest: data, plan, engine, model, training with validation each epoch, test scores once, metrics, run folder.
 * Two runs of one manifest on the same machine with the same threads have equal metrics.
 *
 * @throws out-not-empty before anything is read; what the plan, the engine (exit 5) and plugins (exit 4) throw; diverged
 *   (exit 6). Once training has begun the folder says in its last event how it ended.
 */
export async function run(manifest: Manifest, options: RunOptions): Promise<RunResult> {
  const path = options.out ?? defaultFolder(manifest);
  checkRunFolder(path);
  const prepared = await prepare(manifest, options.logger);
  try {
    const plan = planOf(prepared);
    const callbacks = options.onPlan?.(plan) ?? [];
    const engine = await loadEngine(options.threads === undefined ? {} : { threads: options.threads });
    accelerate();
    const trained = await createTrained(prepared);
    const folder = RunFolder.create(path);
    try {
      folder.write(RUN_FILES.manifest, manifest.text);
      folder.writeJson(RUN_FILES.resolved, resolvedRun(prepared, trained, describeEngine(engine)));
      return await train(prepared, trained, folder, plan, callbacks, options.signal);
    } catch (error) {
      const status = isCounterweightError(error) && error.exit === 6 ? 'diverged' : 'failed';
      const reason = error instanceof Error ? error.message : String(error);
      folder.event({ type: 'end', time: now(), status, reason });
      throw error;
    }
  } finally {
    await prepared.scope.dispose();
  }
}

type Trained = Awaited<ReturnType<typeof createTrained>>;

/** What has tensors. */
async function createTrained({ manifest, scope, dataset, loss, statistics }: Prepared) {
  const { shape, dtype } = dataset.input;
  const standardisation = await channelStatistics(dataset, dataset.splits.train);
  scope.provide(INPUT, { shape, dtype, classes: dataset.classes.length, ...standardisation });
  const model = await scope.create(manifest.model);
  initialiseHead(model, loss, statistics);
  const optimizer = await scope.create(manifest.optimizer);
  return { model, optimizer };
}

async function train(
  prepared: Prepared,
  { model, optimizer }: Trained,
  folder: RunFolder,
  plan: Plan,
  callbacks: readonly Callback[],
  signal: AbortSignal | undefined,
): Promise<RunResult> {
  const { manifest, dataset, loss, draws, miner, statistics, random, metrics } = prepared;
  const { training, evaluation: settings } = manifest.settings;
  const context = { dataset, training: statistics, metrics, settings };
  folder.event({ type: 'start', time: now() });
  for (const message of plan.warnings) folder.event({ type: 'warning', message });

  let validation: SplitResult['metrics'] = {};
  const started = performance.now();
  const recorder: Callback = {
    epochEnd({ epoch, step, loss, learningRate, keptPositives, keptNegatives, metrics: measured }) {
      const seconds = (performance.now() - started) / 1000;
      const event = {
        epoch,
        step,
        loss,
        learningRate,
        seconds,
        keptPositives,
        keptNegatives,
        validation: { ...measured },
      };
      folder.event({ type: 'epoch', ...event });
    },
  };
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
    evaluate: async () => {
      if (dataset.splits.validation.length === 0) return {};
      const scores = await scoreExamples(model, dataset, dataset.splits.validation);
      validation = (await evaluateSplit('validation', scores, context)).metrics;
      return flatten(validation);
    },
    callbacks: [recorder, ...callbacks],
    ...(signal && { signal }),
  });
  if (fitted.ended === 'interrupted') {
    folder.event({ type: 'end', time: now(), status: 'interrupted' });
    return { folder: folder.path, ended: fitted.ended };
  }

  const scores = await scoreExamples(model, dataset, dataset.splits.test);
  const test = await evaluateSplit('test', scores, context);
  const chance = chanceScores(scores.rows, scores.columns, random.fork('chance'));
  const result: RunMetrics = {
    validation,
    test: test.metrics,
    chance: { averagePrecision: await evaluateChance(chance, context) },
    seconds: fitted.seconds,
    steps: fitted.steps,
  };
  folder.write(RUN_FILES.perClass, perClassTable(dataset, test.perClass));
  folder.writeJson(RUN_FILES.testExamples, await pickTestExamples(dataset, scores, settings.threshold));
  folder.writeJson(RUN_FILES.metrics, result);
  const { ended, reason } = fitted;
  const status = ended === 'stopped' ? 'stopped' : 'done';
  folder.event({ type: 'end', time: now(), status, ...(reason !== undefined && { reason }) });
  return { folder: folder.path, ended, metrics: result };
}

/** The peak of the schedule is the optimiser's own option. */
function peakRate({ optimizer: { use, options, at }, place }: Manifest): number {
  const rate = childOf(options, 'learningRate');
  if (typeof rate === 'number') return rate;
  throw errors['plugin-throws'](
    { use, doing: 'giving its options', message: 'an optimiser has an option learningRate, the peak of the schedule' },
    { place: place(at) },
  );
}

function resolvedRun(
  { manifest, dataset, statistics }: Prepared,
  { model }: Trained,
  engine: ResolvedRun['engine'],
): ResolvedRun {
  const { splits } = dataset;
  return {
    manifest: { ...manifest.resolved },
    plugins: installed(manifest).map(({ plugin: { kind, name }, use, version, path }) => ({
      kind,
      name,
      use,
      version,
      path,
    })),
    data: {
      fingerprint: dataset.fingerprint,
      shape: [...dataset.input.shape],
      classes: dataset.classes.length,
      examples: { train: splits.train.length, validation: splits.validation.length, test: splits.test.length },
      labelsPerExample: statistics.labelsPerExample,
    },
    seed: manifest.settings.seed,
    engine,
    versions: { ...versions() },
    parameters: model.parameters.reduce((sum, { variable }) => sum + variable.size, 0),
  };
}

/** What bits depend on besides the seed. */
const describeEngine = ({ version, backend }: Engine): ResolvedRun['engine'] => ({
  tensorflow: version,
  gpu: backend.isUsingGpuDevice,
  threads: Number(process.env['TF_NUM_INTRAOP_THREADS'] ?? availableParallelism()),
  oneDNN: process.env['TF_ENABLE_ONEDNN_OPTS'] !== '0',
  processor: cpus()[0]?.model ?? 'unknown',
});

function defaultFolder({ name }: Manifest): string {
  return join('runs', `${now().slice(0, 19).replaceAll(':', '-')}-${name}`);
}

const now = (): string => new Date().toISOString();
