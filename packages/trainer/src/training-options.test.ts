import { expect, test } from 'vitest';

import { z } from '@counterweight/core';

import { createOptimizer, optimizerPlugins } from './optimizers.js';
import { trainingOptions } from './training-options.js';

test('nothing given: the measured recipe', () => {
  expect(trainingOptions.parse({})).toEqual({
    epochs: 16,
    batchSize: 64,
    accumulate: 1,
    reduction: 'mean',
    clipNorm: null,
    augmentation: { flip: 'none', shift: 2, fill: 'edge' },
    optimizer: { name: 'adamw', learningRate: 0.004, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0.02 },
    schedule: { name: 'cosine', warmup: 0.05 },
    ema: null,
    earlyStopping: null,
    checkpoint: { steps: null, minutes: 10, keep: 2 },
  });
});

test('what is switched on by an empty section has its defaults', () => {
  expect(trainingOptions.parse({ ema: {}, earlyStopping: {} })).toMatchObject({
    ema: { decay: 0.999, warmup: true },
    earlyStopping: { metric: 'averagePrecision.macro', patience: 3, minDelta: 0, mode: 'max', restoreBest: true },
  });
});

test('a part given keeps the rest', () => {
  const { optimizer, augmentation } = trainingOptions.parse({
    optimizer: { learningRate: 1 },
    augmentation: { flip: 'both' },
  });
  expect(optimizer).toMatchObject({ name: 'adamw', learningRate: 1, weightDecay: 0.02 });
  expect(augmentation).toEqual({ flip: 'both', shift: 2, fill: 'edge' });
});

test.each([
  [{ epoch: 3 }, []],
  [{ epochs: 0 }, ['epochs']],
  [{ batchSize: 1.5 }, ['batchSize']],
  [{ clipNorm: 0 }, ['clipNorm']],
  [{ optimizer: { name: 'adamw', nesterov: true } }, ['optimizer']],
  [{ optimizer: { name: 'adma' } }, ['optimizer', 'name']],
  [{ optimizer: { learningRate: NaN } }, ['optimizer', 'learningRate']],
  [{ schedule: { name: 'step', at: [] } }, ['schedule', 'at']],
  [{ accumulate: 0 }, ['accumulate']],
  [{ ema: { decay: 1 } }, ['ema', 'decay']],
  [{ earlyStopping: { patience: 0 } }, ['earlyStopping', 'patience']],
  [{ checkpoint: { minutes: 0 } }, ['checkpoint', 'minutes']],
  [{ augmentation: { shift: -1 } }, ['augmentation', 'shift']],
])('%j is refused at %j', (given, path) => {
  expect(trainingOptions.safeParse(given).error?.issues.map((issue) => issue.path)).toContainEqual(path);
});

test('a JSON Schema comes out, with the defaults', () => {
  expect(z.toJSONSchema(trainingOptions, { target: 'draft-7', io: 'input' })).toMatchObject({
    properties: { epochs: { default: 16 }, optimizer: { oneOf: expect.any(Array) as unknown } },
    additionalProperties: false,
  });
});

test('every plugin can be made by name', () => {
  for (const { name } of optimizerPlugins)
    expect(createOptimizer(trainingOptions.parse({ optimizer: { name } }).optimizer).save()).toEqual({});
});
