import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';

import { loadEngine } from '../engine.js';
import { normal } from '../fixtures/drawings.js';

beforeAll(async () => {
  await loadEngine();
});

test('CwSquaredNorm is half the sum of squares, as a scalar', () => {
  const values = normal(10_000, 1);
  const result = tf.tidy(() => {
    const [norm] = tf.engine().runKernel<[tf.Scalar]>('CwSquaredNorm', { x: tf.tensor2d(values, [100, 100]) }, {});
    expect(norm.shape).toEqual([]);
    return norm.dataSync()[0]!;
  });
  const expected = values.reduce((sum, value) => sum + value * value, 0) / 2;
  expect(Math.abs(result / expected - 1)).toBeLessThan(1e-6);
});
