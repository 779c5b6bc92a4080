import { BACKEND, loadEngine, nativeTensorCount } from '@counterweight/tensorflow';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Callback } from '@counterweight/core';

import { fit } from './fit.js';
import { restlessInput } from './fixtures/restless.js';
import { tinyDataset } from './fixtures/tiny.js';
import { modelState } from './model-state.js';
import { trainingOptions } from './training-options.js';
import { averageWeights } from './weight-average.js';

beforeAll(() => loadEngine());

describe.each([
  { backend: 'tensorflow', decay: 0.9, warmup: false },
  { backend: 'tensorflow', decay: 0.9, warmup: true },
  { backend: 'tensorflow', decay: 0.25, warmup: true },
  { backend: 'cpu', decay: 0.9, warmup: true },
])('on $backend, $decay, warmup $warmup', ({ backend, decay, warmup }) => {
  beforeAll(() => tf.setBackend(backend));
  afterAll(() => tf.setBackend(BACKEND));

  test('the average is that of the formula in float64', () => {
    const variable = tf.variable(tf.tensor1d([1, -2]));
    const average = averageWeights([{ name: 'w', variable }], { decay, warmup });
    const expected = [1, -2];
    for (let t = 1; t <= 40; t++) {
      const weights = [Math.sin(t), 1000 * Math.cos(t)];
      tf.tidy(() => {
        variable.assign(tf.tensor1d(weights));
      });
      average.update(t);
      const d = warmup ? Math.min(decay, (1 + t) / (10 + t)) : decay;
      expected.forEach((a, i) => (expected[i] = d * a + (1 - d) * weights[i]!));
    }
    const got = average.save()['w']!;
    expected.forEach((a, i) => {
      expect(Math.abs(got[i]! - a)).toBeLessThan(1e-6 * (1 + 1000 * i));
    });
    average.dispose();
    variable.dispose();
  });
});

test('what does not move keeps its bits', () => {
  const values = Float32Array.from({ length: 99 }, (_, i) => Math.sqrt(i) / 3);
  const variable = tf.variable(tf.tensor1d(values.slice()));
  const average = averageWeights([{ name: 'w', variable }], { decay: 0.999, warmup: true });
  for (let t = 1; t < 200; t++) average.update(t);
  expect(average.save()['w']).toEqual(values);
  average.dispose();
  variable.dispose();
});

test('swapping twice changes nothing, and no tensor is left', () => {
  const variable = tf.variable(tf.tensor1d([1, 2]));
  const before = [tf.memory().numTensors, nativeTensorCount()];
  const average = averageWeights([{ name: 'w', variable }], { decay: 0.5, warmup: false });
  tf.tidy(() => {
    variable.assign(tf.tensor1d([3, 6]));
  });
  average.update(1);
  average.swap();
  expect([...variable.dataSync()]).toEqual([2, 4]);
  expect(average.save()).toEqual({ w: Float32Array.of(3, 6) });
  average.swap();
  expect([...variable.dataSync()]).toEqual([3, 6]);
  average.dispose();
  expect(tf.memory().numTensors).toBe(before[0]);
  variable.dispose();
});

describe('in a run', () => {
  const dataset = tinyDataset();
  const run = async (
    options: object,
    given: { evaluate?: (weights: () => unknown) => void; callback?: Callback } = {},
  ) => {
    const parsed = trainingOptions.parse({ epochs: 3, batchSize: 8, ...options });
    const input = restlessInput(dataset, parsed);
    const { model, optimizer } = input;
    const trained: unknown[] = [];
    const states: Record<string, unknown>[] = [];
    const result = await fit({
      ...input,
      evaluate: () => Promise.resolve((given.evaluate?.(() => modelState(model)), {})),
      callbacks: [
        { batchEnd: () => void trained.push(modelState(model)) },
        ...(given.callback ? [given.callback] : []),
      ],
      save: (state) => Promise.resolve(void states.push(state.arrays)),
    }).catch((error: unknown) => error);
    const left = modelState(model);
    optimizer.dispose?.();
    model.dispose();
    return { result, trained, left, last: states.at(-1) ?? {} };
  };
  const part = (state: Record<string, unknown>, name: string) =>
    Object.fromEntries(
      Object.entries(state).flatMap(([key, x]) =>
        key.startsWith(`${name}/`) ? [[key.slice(name.length + 1), x]] : [],
      ),
    );

  test('the steps are those of a run without; validation and the end see the average', async () => {
    const seen: unknown[] = [];
    const without = await run({});
    const { trained, left, last } = await run({ ema: { decay: 0.8 } }, { evaluate: (weights) => seen.push(weights()) });
    expect(trained).toEqual(without.trained);
    expect(seen).toHaveLength(3);
    expect(seen[2]).toEqual(left);
    expect(left).not.toEqual(trained.at(-1));
    expect(left['norm/mean']).not.toEqual((trained.at(-1) as typeof left)['norm/mean']);
    expect(part(last, 'average')).toEqual(left);
    expect(part(last, 'model')).toEqual(trained.at(-1));
  });

  test('what validation or a callback throws leaves the weights of training', async () => {
    const fail = () => {
      throw new Error('no');
    };
    const one = await run({ ema: { decay: 0.8 } }, { evaluate: fail });
    expect(one.result).toMatchObject({ message: 'no' });
    expect(one.left).toEqual(one.trained.at(-1));
    const two = await run({ ema: { decay: 0.8 } }, { callback: { epochEnd: fail } });
    expect(two.left).toEqual(two.trained.at(-1));
  });
});
