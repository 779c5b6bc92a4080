import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { RUN_FILES, sigmoid, z, type Inputs, type Logger } from '@counterweight/core';
import { scoreBlocks } from '@counterweight/trainer';

import { type EngineOptions, openEngine } from './engine.js';
import { errors } from './errors.js';
import { callPlugin } from './plugin-call.js';
import { CONTRACTS } from './plugin-contract.js';
import { guardedMade } from './plugin-guard.js';
import { parsePluginName } from './plugin-name.js';
import type { PredictionsAbout } from './predictions-format.js';
import { loadTrainedModel, openTrainedRun, type OpenOptions, type TrainedRun } from './trained-run.js';

/** Consecutive inputs and what was predicted of them. */
export interface PredictedRows {
  readonly ids: readonly string[];
  /** Of each, [classes]: σ of the logits. */
  readonly probabilities: readonly Float64Array[];
}

export interface PredictOptions extends EngineOptions, OpenOptions {
  /** Inputs at once. Default 64. Probabilities do not depend on it beyond 1e-6. */
  readonly batchSize?: number;
  /** Ends it after the batch at hand. */
  readonly signal?: AbortSignal;
  /** Called when engine and model are there: from here on `signal` ends it soon. */
  readonly onPredicting?: () => void;
  /** Called before the first row; what it answers gets the rows, in the order of the inputs, as fast as it settles. */
  readonly start: (about: PredictionsAbout & { readonly count: number }) => RowSink | Promise<RowSink>;
}

export type RowSink = (rows: PredictedRows) => void | Promise<void>;

export interface PredictResult {
  readonly ended: 'completed' | 'interrupted';
  /** Rows given. */
  readonly rows: number;
  /** Inputs that could not be read, and have no row: where the run's data option allows that. */
  readonly unreadable: number;
}

/**
 * What a finished run's model says of inputs without labels, read as the run's data plugin reads them. Memory: a few batches,
 * and what the plugin keeps of each input's name.
 * @param folder of the run
 * @param source a folder or a list
 * @throws inputs-missing, inputs-not-supported, prediction-not-finite; what `openTrainedRun`, `loadTrainedModel`, the engine
 *   and plugins throw, such as for an input that cannot be read (exit 3)
 */
export async function predict(folder: string, source: string, options: PredictOptions): Promise<PredictResult> {
  const { logger, batchSize = 64, signal } = options;
  const run = await openTrainedRun(folder, options);
  const inputs = await openInputs(run, resolve(source), logger);
  try {
    await openEngine(options, logger);
    const { model, scope } = await loadTrainedModel(run, logger);
    try {
      options.onPredicting?.();
      const sink = await options.start({ ...aboutOf(run), count: inputs.count });
      let rows = 0;
      const all = Int32Array.from({ length: inputs.count }, (_, example) => example);
      const from = { input: run.resolved.input, read: inputs.read.bind(inputs) };
      if (signal?.aborted) return { ended: 'interrupted', rows, unreadable: 0 };
      for await (const block of scoreBlocks(model, from, all, { batchSize })) {
        const predicted = rowsOf(inputs, block);
        rows += predicted.ids.length;
        await sink(predicted);
        if (signal?.aborted) break;
      }
      const unreadable = inputs.unreadable?.size ?? 0;
      return { ended: rows + unreadable < inputs.count ? 'interrupted' : 'completed', rows, unreadable };
    } finally {
      await scope.dispose();
    }
  } finally {
    await inputs.close();
  }
}

async function openInputs({ data, resolved, folder }: TrainedRun, path: string, logger: Logger): Promise<Inputs> {
  const { plugin, use, options } = data;
  if (!plugin.inputs) throw errors['inputs-not-supported']({ use, package: parsePluginName(use)?.package ?? use });
  await stat(path).catch((error: unknown) => {
    throw errors['inputs-missing']({ path, message: (error as Error).message }, { cause: error });
  });
  const { shape, dtype } = resolved.input;
  const caller = { use, place: { file: join(folder, RUN_FILES.resolved) } };
  const inputs = await callPlugin(caller, 'opening inputs', () =>
    plugin.inputs?.(options, { path, input: { shape, dtype }, logger }),
  );
  return guardedMade(inputs, { origin: caller, doing: 'opening inputs' }, CONTRACTS.inputs) as Inputs;
}

/** Inputs that could not be read are left out. */
function rowsOf(inputs: Inputs, block: { from: number; rows: number; logits: Float32Array }): PredictedRows {
  const columns = block.logits.length / block.rows;
  const ids: string[] = [];
  const probabilities: Float64Array[] = [];
  for (let row = 0; row < block.rows; row++) {
    const example = block.from + row;
    if (inputs.unreadable?.has(example)) continue;
    const id = inputs.id(example);
    const own = new Float64Array(columns);
    for (let c = 0; c < columns; c++) own[c] = sigmoid(block.logits[row * columns + c]!);
    if (own.some(Number.isNaN)) throw errors['prediction-not-finite']({ input: id });
    ids.push(id);
    probabilities.push(own);
  }
  return { ids, probabilities };
}

const used = z.looseObject({
  evaluation: z.looseObject({ threshold: z.number() }),
  data: z.looseObject({ separator: z.string().min(1).catch('|') }),
});

function aboutOf({ folder, resolved, classes }: TrainedRun): PredictionsAbout {
  const found = used.safeParse(resolved.manifest);
  if (!found.success) {
    const place = { file: join(folder, RUN_FILES.resolved) };
    throw errors['run-record-invalid']({ message: 'no threshold in evaluation' }, { place });
  }
  const { evaluation, data } = found.data;
  const key = resolved.input.shape.length === 3 ? 'image' : 'id';
  return { key, classes, separator: data.separator, threshold: evaluation.threshold };
}
