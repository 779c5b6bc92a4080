import { loadEngine } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';

import {
  csr,
  randomStream,
  sparseLabels,
  type BatchLoss,
  type Loss,
  type MineSampler,
  type Optimizer,
  type SparseLabels,
} from '@counterweight/core';

import { bce, tinyDataset, tinyModel } from './fixtures/tiny.js';
import { createObjective, type Reduction } from './objective.js';
import { Step, type StepResult } from './step.js';

beforeAll(() => loadEngine());

const EXAMPLES = 12;

interface Given {
  readonly labels?: SparseLabels;
  readonly loss?: Loss;
  readonly miner?: MineSampler;
  readonly reduction?: Reduction;
  readonly exampleWeights?: Float32Array;
}

/** The result and the gradients of one step over the first examples, in batches of these sizes. */
async function gradientsOf(sizes: readonly number[], { labels = tinyDataset().labels, loss = bce, ...given }: Given) {
  const dataset = tinyDataset({ examples: 22 });
  const model = tinyModel(dataset);
  const gradients: Record<string, number[]> = {};
  const optimizer: Optimizer = {
    step: (_, all) => all.forEach((gradient, name) => (gradients[name] = [...gradient.dataSync()])),
    save: () => ({}),
    load: () => undefined,
  };
  const objective = createObjective({ loss, columns: labels.columns, ...given });
  const before = tf.memory().numTensors;
  const step = new Step(
    { model, objective, optimizer, labels, clipNorm: null, frozen: new Set() },
    { epoch: 3, step: 1, learningRate: 1, random: randomStream(0) },
  );
  let from = 0;
  for (const size of sizes) {
    const examples = Int32Array.from({ length: size }, (_, i) => from + i);
    const inputs = new Float32Array(size * 16);
    await dataset.read(examples, inputs);
    step.add({ examples, inputs, shape: dataset.input.shape });
    from += size;
  }
  const result: StepResult = step.finish();
  expect(tf.memory().numTensors).toBe(before);
  model.dispose();
  objective.dispose();
  return { result, gradients };
}

/** Cuts of all examples into batches. */
const cuts = fc
  .uniqueArray(fc.integer({ min: 1, max: EXAMPLES - 1 }), { minLength: 1, maxLength: 5 })
  .map((at) => [0, ...at.sort((a, b) => a - b), EXAMPLES])
  .map((at) => at.slice(1).map((end, i) => end - at[i]!));

async function expectAsOneBatch(given: Given): Promise<void> {
  const whole = await gradientsOf([EXAMPLES], given);
  await fc.assert(
    fc.asyncProperty(cuts, async (sizes) => {
      const parts = await gradientsOf(sizes, given);
      expect(Math.abs(parts.result.loss - whole.result.loss)).toBeLessThan(2e-6 * Math.max(1, whole.result.loss));
      expect({ ...parts.result, loss: 0 }).toEqual({ ...whole.result, loss: 0 });
      expect(Object.keys(parts.gradients)).toEqual(Object.keys(whole.gradients));
      for (const [name, gradient] of Object.entries(whole.gradients)) {
        const scale = Math.max(...gradient.map(Math.abs));
        gradient.forEach((g, i) => {
          expect(Math.abs(parts.gradients[name]![i]! - g)).toBeLessThan(2e-6 * scale);
        });
      }
    }),
    { numRuns: 5 },
  );
}

/** Rows of different length, unknown entries in some. */
const positives = csr(
  Array.from({ length: 22 }, (_, i) => (i % 4 === 0 ? [] : i % 3 === 0 ? [0, 3] : [i % 5])),
  5,
);
const exceptions = csr(
  Array.from({ length: 22 }, (_, i) => (i % 4 === 0 ? [0, 1, 2, 3, 4].slice(i % 3) : i % 3 === 0 ? [1] : [])),
  5,
);
const masked = sparseLabels({ rows: 22, columns: 5, positives, exceptions });
const sparse = sparseLabels({ rows: 22, columns: 5, positives, exceptions, unlisted: 'unknown' });

/** Entries of an example's larger half of losses: a scope that batches do not cut. */
const perExample: MineSampler = {
  kind: 'mine',
  mine: ({ losses }) => ({
    weights: tf.cast(tf.greaterEqual(losses, tf.mean(losses, 1, true)), 'float32'),
    denominator: 'kept',
  }),
};

const meanSquare: BatchLoss = {
  kind: 'batch',
  compute: (logits, batch) => tf.mean(tf.sum(tf.square(tf.sub(tf.sigmoid(logits), batch.targets())), 1)),
};

describe('the batches of a step give the gradient of one large batch', () => {
  test.each<[string, Given]>([
    ['mean', {}],
    ['sum', { reduction: 'sum' }],
    ['batch', { reduction: 'batch' }],
    ['mean, with unknown entries', { labels: masked }],
    ['mean, few entries known', { labels: sparse }],
    ['mean, examples weighted', { exampleWeights: Float32Array.from({ length: 22 }, (_, i) => (i % 5) / 2) }],
    ['mean, mining within examples', { labels: masked, miner: perExample }],
    ['a batch loss that is a mean over examples', { loss: meanSquare }],
  ])('%s', (_, given) => expectAsOneBatch(given));
});

test('batches without a known entry change nothing', async () => {
  const none = csr(new Array<number[]>(22).fill([]), 5);
  const all = csr(
    Array.from({ length: 22 }, (_, i) => (i < 4 || i >= 8 ? [0, 1, 2, 3, 4] : [])),
    5,
  );
  const labels = sparseLabels({ rows: 22, columns: 5, positives: none, exceptions: all });
  const { result, gradients } = await gradientsOf([4, 4, 4], { labels });
  expect(result).toMatchObject({ denominator: 20, keptNegatives: 20 });
  const lone = await gradientsOf([12], { labels });
  gradients['head/bias']!.forEach((g, i) => {
    expect(g).toBeCloseTo(lone.gradients['head/bias']![i]!, 7);
  });
  const silent = await gradientsOf([4, 4], {
    labels: sparseLabels({ rows: 22, columns: 5, positives: none, unlisted: 'unknown' }),
  });
  expect(silent.result).toEqual({ loss: 0, denominator: 0, keptPositives: 0, keptNegatives: 0 });
  expect(new Set(silent.gradients['head/bias']!.map(Math.abs))).toEqual(new Set([0]));
});

test('a step that is given up keeps no tensor', () => {
  const dataset = tinyDataset();
  const model = tinyModel(dataset);
  const objective = createObjective({ loss: bce, columns: 5 });
  const before = tf.memory().numTensors;
  const optimizer: Optimizer = { step: () => undefined, save: () => ({}), load: () => undefined };
  const step = new Step(
    { model, objective, optimizer, labels: dataset.labels, clipNorm: null, frozen: new Set() },
    { epoch: 0, step: 1, learningRate: 1, random: randomStream(0) },
  );
  step.add({ examples: Int32Array.of(0), inputs: new Float32Array(16), shape: [4, 4, 1] });
  expect(() => {
    step.add({ examples: Int32Array.of(7), inputs: new Float32Array(16).fill(NaN), shape: [4, 4, 1] });
  }).toThrow(
    expect.objectContaining({ code: 'diverged', found: 'loss NaN at epoch 0, step 1, examples 0, 7' }) as Error,
  );
  step.dispose();
  expect(tf.memory().numTensors).toBe(before);
  model.dispose();
});
