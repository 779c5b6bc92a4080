import { loadEngine } from '@counterweight/tensorflow';
import { beforeAll, expect, test } from 'vitest';

import { randomStream } from '@counterweight/core';

import { fit } from './fit.js';
import { restlessModel } from './fixtures/restless.js';
import { bce, statisticsOf, tinyDataset } from './fixtures/tiny.js';
import { modelState } from './model-state.js';
import { createOptimizer } from './optimizers.js';
import { trainingOptions } from './training-options.js';

beforeAll(() => loadEngine());

test.each([
  { decay: 0.6, warmup: true },
  { decay: 0.6, warmup: false },
])('a run ends with the average over its steps, buffers too, as a loop in float64 has it: %j', async (ema) => {
  const dataset = tinyDataset();
  const options = trainingOptions.parse({ epochs: 3, batchSize: 8, accumulate: 2, ema });
  const [model, optimizer] = [restlessModel(dataset), createOptimizer(options.optimizer)];
  const expected = new Map(
    Object.entries(modelState(model)).map(([name, values]) => [name, Float64Array.from(values)]),
  );
  let t = 0;
  await fit({
    model,
    dataset,
    loss: bce,
    statistics: statisticsOf(dataset),
    optimizer,
    learningRate: 0.1,
    random: randomStream(1),
    options,
    callbacks: [
      {
        batchEnd: () => {
          t++;
          const kept = ema.warmup ? Math.min(ema.decay, (1 + t) / (10 + t)) : ema.decay;
          for (const [name, weights] of Object.entries(modelState(model)))
            expected.get(name)!.forEach((a, i, all) => (all[i] = kept * a + (1 - kept) * weights[i]!));
        },
      },
    ],
  });
  expect(t).toBeGreaterThan(5);
  for (const [name, values] of Object.entries(modelState(model)))
    values.forEach((value, i) => {
      const want = expected.get(name)![i]!;
      expect(Math.abs(value - want), `${name}[${i}]`).toBeLessThan(1e-6 * (1 + Math.abs(want)));
    });
  optimizer.dispose?.();
  model.dispose();
});
