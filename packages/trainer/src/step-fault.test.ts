import { loadEngine } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';

import { randomStream, type BatchLoss, type Optimizer } from '@counterweight/core';

import { tinyDataset, tinyModel } from './fixtures/tiny.js';
import { createObjective } from './objective.js';
import { Step } from './step.js';

beforeAll(() => loadEngine());

/** A step of a tiny network under a loss. */
function stepUnder(loss: BatchLoss): { readonly step: Step; readonly dispose: () => void } {
  const dataset = tinyDataset();
  const model = tinyModel(dataset);
  const optimizer: Optimizer = { step: () => undefined, save: () => ({}), load: () => undefined };
  const objective = createObjective({ loss, columns: 5 });
  const step = new Step(
    { model, objective, optimizer, labels: dataset.labels, clipNorm: null, frozen: new Set() },
    { epoch: 2, step: 7, learningRate: 1, random: randomStream(0) },
  );
  return {
    step,
    dispose: () => {
      step.dispose();
      model.dispose();
    },
  };
}

const batchOf = (example: number) => ({
  examples: Int32Array.of(example),
  inputs: new Float32Array(16),
  shape: [4, 4, 1],
});

test.each([Infinity, -Infinity])('a loss of %d is told, also under finite gradients', (added) => {
  const { step, dispose } = stepUnder({ kind: 'batch', compute: (logits) => tf.add(tf.mean(logits), added) });
  expect(() => {
    step.add(batchOf(3));
  }).toThrow(
    expect.objectContaining({
      code: 'plugin-not-finite',
      found: expect.stringMatching(
        new RegExp(`^loss.compute, in training: loss ${added} at logits .*; at epoch 2, step 7, examples 3$`),
      ) as string,
    }) as Error,
  );
  dispose();
});

test('a gradient that an earlier batch of a step spoilt is not taken for the model’s', () => {
  const spoiling: BatchLoss = {
    kind: 'batch',
    // Example 3's value is finite, its gradient is not.
    compute: (logits, { examples }) => tf.mean(examples[0] === 3 ? tf.sqrt(tf.mul(logits, 0)) : logits),
  };
  const { step, dispose } = stepUnder(spoiling);
  step.add(batchOf(3));
  step.add(batchOf(4));
  expect(() => step.finish()).toThrow(expect.objectContaining({ code: 'diverged' }) as Error);
  dispose();
});
