import type { Callback, Csr, Dataset, SparseLabels } from '@counterweight/core';
import { fit, scoreExamples } from '@counterweight/trainer';

import { evaluateSplit } from './evaluate-split.js';
import { createNetwork, parameterCount } from './network.js';
import { peakRate } from './peak-rate.js';
import type { Prepared } from './prepare.js';
import { validationSample } from './validation.js';

/** What a run will take, from a few steps of its own network on this machine. Reading inputs is not in it. */
export interface Estimate {
  readonly parameters: number;
  readonly secondsPerStep: number;
  readonly seconds: {
    readonly training: number;
    /** Validation after each epoch, and the test at the end. */
    readonly evaluation: number;
  };
  readonly bytes: {
    readonly labels: number;
    /** Of one checkpoint: weights, buffers and the optimiser's memory. */
    readonly checkpoint: number;
    /** Logits of the split that has most. */
    readonly scores: number;
    /** Resident memory at its highest: what this process has now, and the scores. */
    readonly peak: number;
  };
}

/** Enough for a median; the first step, which is slow, does not count. */
const STEPS = 6;
/** Examples that are scored for the time of evaluation: a few and many, as it costs something per class besides. */
const SCORED = [32, 256] as const;

/** Builds the model and takes a few steps with made-up inputs; the engine is loaded. What it changes is thrown away. */
export async function estimate(prepared: Prepared, steps: number): Promise<Estimate> {
  const { manifest, loss, statistics, miner, draws, metrics, random } = prepared;
  const { training, evaluation } = manifest.settings;
  const dataset = withMadeUpInputs(prepared.dataset);
  const { shape, dtype } = dataset.input;
  const channels = shape.at(-1) ?? 1;
  const standard = { mean: Array<number>(channels).fill(128), deviation: Array<number>(channels).fill(64) };
  const input = { shape, dtype, classes: dataset.classes.length, ...standard };
  const { model, optimizer } = await createNetwork(prepared, input);

  const { watch, signal, median } = stopwatch();
  await fit({
    ...{ model, dataset, loss, draws, statistics, optimizer, random },
    // Mining begins later in a run; its price is that of most steps.
    miner: miner && { ...miner, startEpoch: 0 },
    learningRate: peakRate(manifest) / 1000,
    options: { ...training, earlyStopping: null, checkpoint: { ...training.checkpoint, steps: null, minutes: null } },
    callbacks: [watch],
    signal,
  });
  const secondsPerStep = median();

  const { validation, test } = dataset.splits;
  const validated = validationSample(validation, dataset.classes.length, evaluation.validationExamples, random).length;
  const context = { dataset, training: statistics, metrics, settings: evaluation };
  const measure = async (count: number): Promise<number> => {
    const examples = dataset.splits.train.subarray(0, count);
    const started = performance.now();
    await evaluateSplit('validation', await scoreExamples(model, dataset, examples), context, examples);
    return (performance.now() - started) / 1000;
  };
  const [few, many] = SCORED;
  await measure(many); // the first is slow
  const [secondsOfFew, secondsOfMany] = [await measure(few), await measure(many)];
  const perExample = Math.max(secondsOfMany - secondsOfFew, 0) / (many - few);
  const evaluationOf = (examples: number): number =>
    examples === 0 ? 0 : Math.max(secondsOfFew - perExample * few, 0) + perExample * examples;

  const scores = 4 * dataset.classes.length * Math.max(validated, test.length);
  const variables = [...model.parameters, ...model.buffers].map(({ variable }) => variable.size);
  return {
    parameters: parameterCount(model),
    secondsPerStep,
    seconds: {
      training: steps * secondsPerStep,
      evaluation: training.epochs * evaluationOf(validated) + evaluationOf(test.length),
    },
    bytes: {
      labels: bytesOf(dataset.labels),
      checkpoint: sum(variables) * 4 + sum(Object.values(optimizer.save()).map(({ byteLength }) => byteLength)),
      scores,
      peak: process.memoryUsage.rss() + scores,
    },
  };
}

/** Reading would decode images that nobody may ever train on. */
function withMadeUpInputs(dataset: Dataset): Dataset {
  const read: Dataset['read'] = (_, into) => {
    for (let i = 0; i < into.length; i++) into[i] = (i * 2654435761) >>> 24;
    return Promise.resolve();
  };
  const { classes, input, exampleWeights, labels, splits, fingerprint } = dataset;
  return {
    ...{ classes, input, labels, splits, fingerprint, read },
    ...(exampleWeights && { exampleWeights }),
    id: (example) => dataset.id(example),
    close: () => Promise.resolve(),
  };
}

/** Ends training after `STEPS` steps and tells what one took. */
function stopwatch(): { readonly watch: Callback; readonly signal: AbortSignal; readonly median: () => number } {
  const abort = new AbortController();
  const times: number[] = [];
  let before = performance.now();
  const watch: Callback = {
    batchEnd: () => {
      const now = performance.now();
      times.push((now - before) / 1000);
      before = now;
      if (times.length >= STEPS) abort.abort();
    },
    epochEnd: () => {
      abort.abort();
    },
  };
  const median = (): number => {
    const counted = (times.length > 1 ? times.slice(1) : times).sort((a, b) => a - b);
    return counted[counted.length >> 1] ?? 0;
  };
  return { watch, signal: abort.signal, median };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

function bytesOf({ positives, exceptions }: SparseLabels): number {
  const of = (csr: Csr | undefined): number =>
    csr ? csr.offsets.byteLength + csr.classes.byteLength + (csr.values?.byteLength ?? 0) : 0;
  return of(positives) + of(exceptions);
}
