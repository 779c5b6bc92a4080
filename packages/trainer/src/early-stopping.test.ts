import { loadEngine } from '@counterweight/tensorflow';
import { beforeAll, describe, expect, test } from 'vitest';

import { randomStream } from '@counterweight/core';

import { EarlyStopping, earlyStoppingOptions } from './early-stopping.js';
import { fit } from './fit.js';
import { restlessInput, restlessModel } from './fixtures/restless.js';
import { bce, statisticsOf, tinyDataset } from './fixtures/tiny.js';
import { modelState } from './model-state.js';
import { createOptimizer } from './optimizers.js';
import { trainingOptions } from './training-options.js';

beforeAll(() => loadEngine());

const dataset = tinyDataset();
type Value = number | null;

/** A run whose validation gives these values; what it ended with, and the weights that validation saw. */
async function run(values: readonly Value[], options: object, more: object = {}) {
  const parsed = trainingOptions.parse({
    epochs: values.length,
    batchSize: 11,
    ...more,
    earlyStopping: { metric: 'm.x', ...options },
  });
  const input = restlessInput(dataset, parsed);
  const { model, optimizer } = input;
  const seen: unknown[] = [];
  try {
    const result = await fit({
      ...input,
      evaluate: (epoch) => (seen.push(modelState(model)), Promise.resolve({ 'm.x': values[epoch]!, 'm.y': 0 })),
    });
    return { result, seen, left: modelState(model) };
  } finally {
    optimizer.dispose?.();
    model.dispose();
  }
}

describe.each<[readonly Value[], object, { ended: string; epochs: number; bestEpoch: number }]>([
  [[1, 3, 2, 2.5, 3, 9], { patience: 3 }, { ended: 'stopped', epochs: 5, bestEpoch: 1 }],
  [[1, 3, 2, 2.5, 3.5, 3, 2], { patience: 3 }, { ended: 'completed', epochs: 7, bestEpoch: 4 }],
  [[5, 4, 3, 3, 4], { patience: 2, mode: 'min' }, { ended: 'stopped', epochs: 5, bestEpoch: 2 }],
  [[1, 1.1, 1.2, 1.3], { patience: 2, minDelta: 0.15 }, { ended: 'completed', epochs: 4, bestEpoch: 2 }],
  [[1, null, null, null, 0.5, 0.6], { patience: 2 }, { ended: 'stopped', epochs: 6, bestEpoch: 0 }],
  [[null, NaN, 2, 1], { patience: 1 }, { ended: 'stopped', epochs: 4, bestEpoch: 2 }],
  [[-3, -2, -1], { patience: 1 }, { ended: 'completed', epochs: 3, bestEpoch: 2 }],
])('values %j with %j', (values, options, expected) => {
  test('stops when it should, with the weights of the best epoch', async () => {
    const { result, seen, left } = await run(values, options);
    expect(result).toMatchObject(expected);
    expect(left).toEqual(seen[expected.bestEpoch]);
  });
});

test('the reason names metric, epoch as people count it, and value', async () => {
  const { result } = await run([0.1, 0.43712, 0.2, 0.3], { patience: 2 });
  expect(result.reason).toBe('m.x was best in epoch 2 (0.4371) and not better in 2 after it');
});

test('restoreBest: false keeps the last weights', async () => {
  const { result, seen, left } = await run([3, 2, 1], { patience: 2, restoreBest: false });
  expect(result).toMatchObject({ ended: 'stopped', epochs: 3 });
  expect(result).not.toHaveProperty('bestEpoch');
  expect(left).toEqual(seen[2]);
});

test('with averaged weights the average of the best epoch comes back', async () => {
  const { result, seen, left } = await run([1, 3, 2, 1], { patience: 2 }, { ema: { decay: 0.7 } });
  expect(result).toMatchObject({ ended: 'stopped', bestEpoch: 1 });
  expect(left).toEqual(seen[1]);
  expect(left).not.toEqual(seen[3]);
});

test('without a value there is nothing to restore or to stop for', async () => {
  const { result, seen, left } = await run([null, null, null], { patience: 1 });
  expect(result).toMatchObject({ ended: 'completed', epochs: 3 });
  expect(left).toEqual(seen[2]);
});

describe('what cannot be watched is refused', () => {
  test('a metric that the evaluation does not give: the names it gives, the nearest to type', async () => {
    await expect(run([1, 2], { metric: 'm.xx' })).rejects.toMatchObject({
      code: 'early-stopping-metric-unknown',
      exit: 2,
      found: 'm.xx',
      expected: 'one of m.x, m.y',
      remedy: '--set training.earlyStopping.metric=m.x',
    });
  });

  test('no validation: before the first step', async () => {
    const options = trainingOptions.parse({ earlyStopping: {} });
    const model = restlessModel(dataset);
    const before = modelState(model);
    const none = { ...dataset, splits: { ...dataset.splits, validation: new Int32Array(0) } };
    for (const given of [{ dataset: none, evaluate: () => Promise.resolve({}) }, { dataset }])
      await expect(
        fit({
          model,
          loss: bce,
          statistics: statisticsOf(dataset),
          optimizer: createOptimizer(options.optimizer),
          learningRate: 0.1,
          random: randomStream(0),
          options,
          ...given,
        }),
      ).rejects.toMatchObject({ code: 'early-stopping-needs-validation', exit: 2 });
    expect(modelState(model)).toEqual(before);
    model.dispose();
  });

  test('a metric named as what every object has', () => {
    const model = restlessModel(dataset);
    const watching = new EarlyStopping(earlyStoppingOptions.parse({ metric: 'constructor' }), model);
    expect(() => {
      watching.epochEnd({ epoch: 0, metrics: {}, stop: () => undefined });
    }).toThrow(expect.objectContaining({ code: 'early-stopping-metric-unknown' }) as Error);
    model.dispose();
  });
});
