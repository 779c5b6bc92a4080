import { loadEngine, nativeTensorCount } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';

import {
  labelsFromRows,
  randomStream,
  sparseLabels,
  type BatchEvent,
  type BatchLoss,
  type Callback,
  type Dataset,
  type EpochEvent,
  type MineSampler,
  type Model,
  type Optimizer,
} from '@counterweight/core';

import { fit, plannedSteps, type FitInput, type FitResult } from './fit.js';
import { createOptimizer } from './optimizers.js';
import { bce, statisticsOf, tinyDataset, tinyModel, weightsOf } from './fixtures/tiny.js';
import { trainingOptions } from './training-options.js';

beforeAll(() => loadEngine());

interface Given extends Partial<Omit<FitInput, 'options'>> {
  readonly options?: object;
  readonly seed?: number;
}

/** A whole run on a tiny problem: what it did, what it left. */
async function run({ dataset = tinyDataset(), options, seed = 3, ...input }: Given = {}) {
  const model = input.model ?? tinyModel(dataset);
  const parsed = trainingOptions.parse({ epochs: 3, batchSize: 8, ...options });
  const optimizer = createOptimizer(parsed.optimizer);
  const batches: BatchEvent[] = [];
  const epochs: EpochEvent[] = [];
  const recorder: Callback = {
    batchEnd: (event) => void batches.push(event),
    epochEnd: (event) => void epochs.push(event),
  };
  try {
    const result: FitResult = await fit({
      model,
      dataset,
      loss: bce,
      statistics: statisticsOf(dataset),
      optimizer,
      learningRate: parsed.optimizer.learningRate,
      random: randomStream(seed),
      ...input,
      options: parsed,
      callbacks: [recorder, ...(input.callbacks ?? [])],
    });
    return { result, batches, epochs, weights: weightsOf(model) };
  } finally {
    optimizer.dispose?.();
    model.dispose();
  }
}

test('every epoch sees every example, the last partial batch too, and the loss falls', async () => {
  const seen: number[][] = [];
  const counting = tinyDataset();
  const dataset: Dataset = {
    ...counting,
    read: (examples, into) => (seen.push([...examples]), counting.read(examples, into)),
  };
  const { result, batches, epochs } = await run({
    dataset,
    options: { epochs: 20, optimizer: { learningRate: 0.05 } },
  });
  expect(result).toMatchObject({ epochs: 20, steps: 60, ended: 'completed' });
  expect(
    plannedSteps({
      dataset,
      statistics: statisticsOf(dataset),
      random: randomStream(3),
      options: { epochs: 20, batchSize: 8, accumulate: 1 },
    }),
  ).toEqual(new Array(20).fill(3));
  expect(seen.slice(0, 3).map((batch) => batch.length)).toEqual([8, 8, 6]);
  for (let epoch = 0; epoch < 20; epoch++)
    expect(
      seen
        .slice(3 * epoch, 3 * epoch + 3)
        .flat()
        .sort((a, b) => a - b),
    ).toEqual([...dataset.splits.train]);
  expect(batches.map(({ step }) => step)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
  expect(epochs.at(-1)!.loss).toBeLessThan(0.7 * epochs[0]!.loss);
});

test("an epoch's loss is the mean over its entries; it counts positives and negatives", async () => {
  const { batches, epochs } = await run({ options: { epochs: 1 } });
  const [first, second, third] = batches.map(({ loss }) => loss);
  expect(epochs[0]!.loss).toBeCloseTo((8 * first! + 8 * second! + 6 * third!) / 22, 6);
  const positives = tinyDataset().labels.positives.classes.length;
  expect(epochs[0]).toMatchObject({ epoch: 0, step: 3, keptPositives: positives, keptNegatives: 22 * 5 - positives });
});

describe('equal seeds end in equal bits, others do not', () => {
  const options = { augmentation: { flip: 'both', shift: 1 }, clipNorm: 0.1 };
  test.each(['adamw', 'adam', 'sgd'])('%s', async (name) => {
    const [one, again, other] = [3, 3, 4].map((seed) => run({ options: { ...options, optimizer: { name } }, seed }));
    const weights = (await one!).weights;
    expect((await again!).weights).toEqual(weights);
    expect((await other!).weights).not.toEqual(weights);
  });
});

test('a model draws from a stream of its own in each step, the same in each run of a seed', async () => {
  const draws = async (seed: number): Promise<number[]> => {
    const drawn: number[] = [];
    const dataset = tinyDataset();
    const model = tinyModel(dataset);
    const features: Model['features'] = (inputs, mode) => {
      drawn.push(mode.random.uniform());
      return model.features(inputs, mode);
    };
    await run({ dataset, model: { ...model, features }, seed });
    return drawn;
  };
  const first = await draws(1);
  expect(new Set(first).size).toBe(9);
  expect(await draws(1)).toEqual(first);
  expect(await draws(2)).not.toEqual(first);
});

test('the time waited for inputs is told per epoch and for the run, a part of its seconds', async () => {
  const dataset = tinyDataset();
  const read: Dataset['read'] = async (examples, into) => {
    await new Promise((resolve) => setTimeout(resolve, 2));
    await dataset.read(examples, into);
  };
  const { result, epochs } = await run({ dataset: { ...dataset, read } });
  for (const { waited, seconds } of epochs) {
    expect(waited).toBeGreaterThan(0);
    expect(waited).toBeLessThan(seconds);
  }
  expect(result.waited).toBeCloseTo(
    epochs.reduce((sum, { waited }) => sum + waited, 0),
    9,
  );
});

test('an image is augmented differently in each epoch', async () => {
  const seen = new Set<string>();
  const dataset = tinyDataset({ examples: 1 });
  const model = tinyModel(dataset);
  const features: Model['features'] = (inputs, mode) => {
    seen.add(inputs.dataSync().join());
    return model.features(inputs, mode);
  };
  await run({
    dataset,
    model: { ...model, features },
    options: { epochs: 9, augmentation: { shift: 2, flip: 'both' } },
  });
  expect(seen.size).toBeGreaterThan(6);
});

test('a rate that the schedule gives reaches the optimiser and the epoch event', async () => {
  const { epochs } = await run({
    options: { schedule: { name: 'step', warmup: 0, at: [0.5], factor: 0.5 }, optimizer: { learningRate: 0.01 } },
  });
  expect(epochs.map(({ learningRate }) => learningRate)).toEqual([0.01, 0.005, 0.005]);
});

test('a step moves the parameters no further than rate · clipNorm', async () => {
  const dataset = tinyDataset();
  const before = weightsOf(tinyModel(dataset));
  const move = async (clipNorm: number | null): Promise<number> => {
    const options = {
      epochs: 1,
      batchSize: 22,
      clipNorm,
      schedule: { name: 'constant', warmup: 0 },
      optimizer: { name: 'sgd', learningRate: 0.5, momentum: 0 },
    };
    const { weights } = await run({ dataset, options });
    return Math.hypot(...weights.map((w, i) => w - before[i]!));
  };
  expect(await move(null)).toBeGreaterThan(0.01);
  expect(await move(0.004)).toBeCloseTo(0.002, 6);
});

test('a miner starts at epoch 1 and its counts reach the events', async () => {
  const miner: MineSampler = {
    kind: 'mine',
    mine: ({ batch }) => ({
      weights: tf.cast<tf.Tensor2D>(tf.greater(batch.targets(), 0), 'float32'),
      denominator: 'kept',
    }),
  };
  const { epochs } = await run({ miner });
  expect(epochs.map(({ keptNegatives }) => keptNegatives > 0)).toEqual([true, false, false]);
});

test('validation comes after each epoch, its metrics with the event; a callback stops the run with its reason', async () => {
  const asked: number[] = [];
  const evaluate = (epoch: number) => (asked.push(epoch), Promise.resolve({ score: epoch / 10, none: null }));
  const early: Callback = {
    epochEnd: (event) => {
      if (event.epoch === 1) event.stop('good enough');
    },
  };
  const { result, epochs } = await run({ evaluate, callbacks: [early], options: { epochs: 9 } });
  expect(result).toMatchObject({ epochs: 2, steps: 6, ended: 'stopped', reason: 'good enough' });
  expect(asked).toEqual([0, 1]);
  expect(epochs.map(({ metrics }) => metrics)).toEqual([
    { score: 0, none: null },
    { score: 0.1, none: null },
  ]);
});

test('a signal ends the run after the step at hand', async () => {
  const controller = new AbortController();
  const { result, batches } = await run({
    signal: controller.signal,
    callbacks: [
      {
        batchEnd: ({ step }) => {
          if (step === 4) controller.abort();
        },
      },
    ],
  });
  expect(result).toMatchObject({ epochs: 1, steps: 4, ended: 'interrupted' });
  expect(batches).toHaveLength(4);
});

test('the event loop turns between steps', async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  await run({ options: { epochs: 30 } });
  clearInterval(timer);
  expect(turns).toBeGreaterThan(3);
});

test('what is frozen keeps its bits', async () => {
  const dataset = tinyDataset();
  const before = weightsOf(tinyModel(dataset));
  const { weights } = await run({ dataset, frozen: new Set(['body'] as const) });
  expect(weights.slice(0, 128)).toEqual(before.slice(0, 128));
  expect(weights.slice(128)).not.toEqual(before.slice(128));
});

describe('a run that cannot go on says why', () => {
  test('logits that are not finite, made by the model: named, exit 4, the examples of the batch; parameters untouched', async () => {
    const dataset = tinyDataset();
    const model = tinyModel(dataset);
    const poisoned = {
      ...model,
      classify: (features: tf.Tensor2D) => tf.mul<tf.Tensor2D>(model.classify(features), NaN),
      dispose: () => undefined,
    };
    const before = weightsOf(model);
    await expect(run({ dataset, model: poisoned })).rejects.toMatchObject({
      code: 'plugin-not-finite',
      exit: 4,
      found: expect.stringMatching(
        /^model.classify, in training: logits are not finite, from .*; at epoch 0, step 1, examples (\d+, ){7}\d+$/,
      ) as string,
    });
    expect(weightsOf(model)).toEqual(before);
    model.dispose();
  });

  test.each([null, 1])(
    'a gradient that is not finite under a finite loss, clipNorm %s: the loss is named',
    async (clipNorm) => {
      const dataset = tinyDataset();
      const model = tinyModel(dataset);
      const before = weightsOf(model);
      const steep: BatchLoss = { kind: 'batch', compute: (logits) => tf.sum(tf.sqrt(tf.mul(logits, 0))) }; // √0: slope ∞
      const failing = run({
        dataset,
        model: { ...model, dispose: () => undefined },
        loss: steep,
        options: { clipNorm },
      });
      await expect(failing).rejects.toMatchObject({
        code: 'plugin-not-finite',
        exit: 4,
        found: expect.stringMatching(
          /^loss.compute, in training: a gradient of NaN at .*; at epoch 0, step 1, examples (\d+, ){7}\d+$/,
        ) as string,
      });
      expect(weightsOf(model)).toEqual(before);
      model.dispose();
    },
  );

  test('parameters that the last update of an epoch spoilt: the optimiser is named before they are scored', async () => {
    const spoiling: Optimizer = {
      step: ([first], _, { step }) => {
        if (step === 3) tf.tidy(() => first!.variable.assign(tf.fill(first!.variable.shape, NaN)));
      },
      save: () => ({}),
      load: () => undefined,
    };
    let scored = 0;
    const evaluate = () => Promise.resolve({ scored: ++scored });
    await expect(run({ optimizer: spoiling, evaluate })).rejects.toMatchObject({
      code: 'plugin-not-finite',
      found: expect.stringMatching(
        /^optimizer.step, in training: hidden holds NaN; at epoch 0, step 3, examples (\d+, ){5}\d+$/,
      ) as string,
    });
    expect(scored).toBe(0);
  });

  test('no training examples', async () => {
    const dataset = tinyDataset();
    const empty = { ...dataset, splits: { ...dataset.splits, train: new Int32Array(0) } };
    await expect(run({ dataset: empty })).rejects.toMatchObject({ code: 'no-training-examples', exit: 3 });
  });

  test('soft targets under a loss of hard labels, before the first step', async () => {
    const { positives } = labelsFromRows(
      Array.from({ length: 22 }, () => [1]),
      5,
    );
    const labels = sparseLabels({
      rows: 22,
      columns: 5,
      positives: { ...positives, values: new Float32Array(22).fill(0.5) },
    });
    await expect(run({ dataset: tinyDataset({ labels }), loss: { ...bce, softTargets: false } })).rejects.toMatchObject(
      {
        code: 'soft-target-refused',
        found: 'target 0.5 at example 0, class index 1',
      },
    );
  });

  test('a data set that fails while it is read ahead', async () => {
    const dataset = tinyDataset();
    let reads = 0;
    const read: Dataset['read'] = (examples, into) =>
      ++reads === 2 ? Promise.reject(new Error('disk')) : dataset.read(examples, into);
    await expect(run({ dataset: { ...dataset, read } })).rejects.toThrow('disk');
  });
});

test('no step leaves a tensor, here or in the engine', async () => {
  const before = [tf.memory().numTensors, nativeTensorCount()];
  const counts: number[][] = [];
  const counting: Callback = { batchEnd: () => void counts.push([tf.memory().numTensors, nativeTensorCount()]) };
  await run({ callbacks: [counting], options: { epochs: 17, clipNorm: 1 } });
  expect(counts).toHaveLength(51);
  expect(new Set(counts.slice(1).map(String)).size).toBe(1);
  expect([tf.memory().numTensors, nativeTensorCount()]).toEqual(before);
});
