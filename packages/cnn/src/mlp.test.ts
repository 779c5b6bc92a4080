import { loadEngine } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers the gradients
import { beforeAll, expect, test } from 'vitest';

import { createMlp, examples, modeOf } from './fixtures/networks.js';

beforeAll(() => loadEngine());

const names = (shape: readonly number[], options: object) => {
  const model = createMlp(shape, options);
  const result = model.parameters.map(({ name, variable, group }) => [name, group, variable.shape]);
  model.dispose();
  return result;
};

test('by default a linear model: nothing but the output, on each feature standardised by its own numbers', () => {
  expect(names([4], {})).toEqual([
    ['output/kernel', 'head', [4, 3]],
    ['output/bias', 'head', [3]],
  ]);
  const model = createMlp([4], {});
  const x = Float32Array.of(100, 103, 204, 0);
  const found = tf.tidy(() => Array.from(model.features(tf.tensor2d(x, [1, 4]), modeOf(true)).dataSync()));
  [0, 2, (204 - 102) / 52, (0 - 103) / 53].forEach((value, i) => {
    expect(found[i]).toBeCloseTo(value, 6);
  });
  model.dispose();
});

test('hidden layers have a norm each, and no bias', () => {
  expect(names([4], { hidden: [6, 5] })).toEqual([
    ['hidden1/kernel', 'body', [4, 6]],
    ['hidden1/norm/scale', 'body', [6]],
    ['hidden1/norm/offset', 'body', [6]],
    ['hidden2/kernel', 'body', [6, 5]],
    ['hidden2/norm/scale', 'body', [5]],
    ['hidden2/norm/offset', 'body', [5]],
    ['output/kernel', 'head', [5, 3]],
    ['output/bias', 'head', [3]],
  ]);
});

test('a hidden layer is relu(norm(x · kernel)), each in float64', () => {
  const model = createMlp([2], { hidden: [3] });
  const [kernel, scale, offset, output] = model.parameters.map(({ variable }) => variable);
  const set = (variable: tf.Variable | undefined, values: number[]) => {
    tf.tidy(() => {
      variable!.assign(tf.tensor(values, variable!.shape));
    });
  };
  set(kernel, [1, -2, 0.5, 3, 1, -1]);
  set(scale, [2, 1, 3]);
  set(offset, [0.5, 0.25, -1]);
  set(output, [1, 0, 0, 0, 1, 0, 0, 0, 1]);
  // Means 100 and 101; the second feature never varies, so it is only centred. Averages are 0 and 1 at the start.
  const x = [(150 - 100) / 50, 103 - 101] as const;
  const expected = [
    (2 * (x[0] * 1 + x[1] * 3)) / Math.sqrt(1.00001) + 0.5,
    (x[0] * -2 + x[1] * 1) / Math.sqrt(1.00001) + 0.25,
    (3 * (x[0] * 0.5 + x[1] * -1)) / Math.sqrt(1.00001) - 1, // below 0
  ].map((value) => Math.max(0, value));
  const found = tf.tidy(() =>
    model.classify(model.features(tf.tensor2d([150, 103], [1, 2]), modeOf(false))).dataSync(),
  );
  expected.forEach((value, i) => {
    expect(found[i]).toBeCloseTo(value, 5);
  });
  expect([...expected].map(Math.sign)).toEqual([1, 1, 0]);
  model.dispose();
});

test('images are flattened', () => {
  expect(names([4, 5, 3], {})[0]).toEqual(['output/kernel', 'head', [60, 3]]);
});

test('features are dropped in training only, and by the step’s stream', () => {
  const model = createMlp([4], { hidden: [64], dropout: 0.5 });
  const features = (training: boolean, seed: number) =>
    tf.tidy(() => Array.from(model.features(examples(4, [4]), modeOf(training, [], seed)).dataSync()));
  expect(features(true, 1)).toEqual(features(true, 1));
  expect(features(true, 1)).not.toEqual(features(true, 2));
  expect(features(false, 1)).toEqual(features(false, 2));
  model.dispose();
});
