import { join } from 'node:path';

import {
  isCounterweightError,
  RUN_FILES,
  type Callback,
  type Logger,
  type ResolvedRun,
  type RunMetrics,
} from '@counterweight/core';
import type { FitResult } from '@counterweight/trainer';

import { createCallbacks } from './callbacks.js';
import { type EngineOptions, openEngine } from './engine.js';
import type { Manifest } from './manifest.js';
import { planOf, type Plan } from './plan.js';
import { prepare, type Prepared } from './prepare.js';
import { checkData, checkManifest } from './resume.js';
import { RunFolder } from './run-folder.js';
import { Training } from './training.js';

/** `device` and `threads` are by default those that a resumed run began with. */
export interface RunOptions extends EngineOptions {
  /** The run's folder: new or empty. Default `runs/<time>-<manifest's name>` in the working directory. */
  readonly out?: string;
  /** Instead of `out`: goes on with the run in this folder, or starts it there. */
  readonly resume?: string;
  readonly logger: Logger;
  /** Ends the run after the step at hand, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** What watches it, after the manifest's own. Those with memory are in every checkpoint, by their place in this list. */
  readonly callbacks?: readonly Callback[];
  /** Called with the plan before training; the callbacks it returns watch it. */
  readonly onPlan?: (plan: Plan) => readonly Callback[];
  /** Called when the engine is there and training begins: from here on an interrupted run can be resumed. */
  readonly onTraining?: () => void;
  /** Called when training is over and saved; measuring is left, and can be done again by resuming. */
  readonly onTrained?: (about: { readonly folder: string; readonly testExamples: number }) => void;
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
 * Two runs of one manifest on the same machine, device and threads have equal metrics, whether stopped and resumed or not.
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
  const given = [...(options.callbacks ?? []), ...callbacks];
  const metrics = recorded && resultOf(folder, options.logger);
  if (metrics) {
    options.logger.info(`${folder.path} is finished: there is nothing to resume`);
    return { folder: folder.path, ended: 'completed', metrics };
  }
  const watching = await createCallbacks(prepared, folder.path, given);
  const engine = await openEngine(options, options.logger, recorded);
  options.onTraining?.();
  return new Training(prepared, plan, folder, watching, options).run(recorded, engine);
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

function defaultFolder({ name }: Manifest): string {
  return join('runs', `${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}-${name}`);
}
