import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, beforeEach, expect, test } from 'vitest';

import { accelerate } from '../accelerate.js';
import { loadEngine } from '../engine.js';

beforeAll(async () => {
  await loadEngine();
});
beforeEach(accelerate);

test('relu passes the slope where x > 0, and nothing at 0', () => {
  const x = Float32Array.of(-1, -0, 0, 1e-30, 2);
  const dx = tf.tidy(() =>
    tf
      .grad((input) => tf.relu(input))(tf.tensor1d(x), tf.fill([5], 3))
      .dataSync(),
  );
  expect([...dx]).toEqual([0, 0, 0, 3, 3]);
});
