import { loadEngine } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';

import { randomStream, type BatchLoss, type Optimizer } from '@counterweight/core';

import { tinyDataset, tinyModel } from './fixtures/tiny.js';
import { createObjective } from './objective.js';
import { Step } from './step.js';

beforeAll(() => loadEngine());

test.each([Infinity, -Infinity])('a loss of %d is told, also under finite gradients', (added) => {
  const dataset = tinyDataset();
  const model = tinyModel(dataset);
  const loss: BatchLoss = { kind: 'batch', compute: (logits) => tf.add(tf.mean(logits), added) };
  const optimizer: Optimizer = { step: () => undefined, save: () => ({}), load: () => undefined };
  const step = new Step(
    {
      model,
      objective: createObjective({ loss, columns: 5 }),
      optimizer,
      labels: dataset.labels,
      clipNorm: null,
      frozen: new Set(),
    },
    { epoch: 2, step: 7, learningRate: 1, random: randomStream(0) },
  );
  expect(() => {
    step.add({ examples: Int32Array.of(3), inputs: new Float32Array(16), shape: [4, 4, 1] });
  }).toThrow(
    expect.objectContaining({
      code: 'plugin-not-finite',
      found: expect.stringMatching(
        new RegExp(`^loss.compute, in training: loss ${added} at logits .*; at epoch 2, step 7, examples 3$`),
      ) as string,
    }) as Error,
  );
  step.dispose();
  model.dispose();
});
