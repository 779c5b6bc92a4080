import { loadEngine, nativeTensorCount } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';

import { randomStream } from '@counterweight/core';

import { fit } from './fit.js';
import { miner, restlessModel, scoreOf } from './fixtures/restless.js';
import { bce, statisticsOf, tinyDataset } from './fixtures/tiny.js';
import { createOptimizer } from './optimizers.js';
import { scoreExamples } from './score.js';
import { trainingOptions } from './training-options.js';

beforeAll(() => loadEngine());

test('thousands of steps leave no tensor, here or in the engine: mining, batch norm, averages, validation and saving on', async () => {
  const dataset = tinyDataset({ examples: 20 });
  const before = [tf.memory().numTensors, nativeTensorCount()];
  const options = trainingOptions.parse({
    epochs: 200,
    batchSize: 2,
    clipNorm: 1,
    ema: {},
    earlyStopping: { metric: 'score', patience: 1000 },
    checkpoint: { steps: 500 },
  });
  const [model, optimizer] = [restlessModel(dataset), createOptimizer(options.optimizer)];
  const counts = new Set<string>();
  let saved = 0;
  const { steps } = await fit({
    model,
    dataset,
    loss: bce,
    miner,
    statistics: statisticsOf(dataset),
    optimizer,
    learningRate: 0.001,
    random: randomStream(0),
    options,
    evaluate: async (epoch) => {
      await scoreExamples(model, dataset, dataset.splits.validation);
      return { score: scoreOf(model, epoch, 100) };
    },
    callbacks: [
      {
        batchEnd: ({ step }) => {
          if (step > 1) counts.add([tf.memory().numTensors, nativeTensorCount()].join());
        },
      },
    ],
    save: () => {
      saved++;
      return Promise.resolve();
    },
  });
  expect([steps, saved]).toEqual([2000, 5]);
  expect(counts.size).toBe(1);
  optimizer.dispose?.();
  model.dispose();
  expect([tf.memory().numTensors, nativeTensorCount()]).toEqual(before);
}, 60_000);
