import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { accelerate } from '../accelerate.js';
import { loadEngine } from '../engine.js';
import { normal } from '../fixtures/drawings.js';

beforeAll(async () => {
  await loadEngine();
});
beforeEach(accelerate);

describe('a bias', () => {
  test.each([
    { to: [4, 3], bias: [3] },
    { to: [2, 4, 5, 3], bias: [3] },
    { to: [2, 4, 5, 3], bias: [1, 1, 1, 3] },
    { to: [2, 4, 5, 3], bias: [2, 1, 1, 1] },
    { to: [4, 3], bias: [] },
    { to: [3], bias: [4, 3] },
    { to: [4, 1], bias: [3] },
  ])('$bias added to $to has the sum of the slopes as its own', ({ to, bias }) => {
    tf.tidy(() => {
      const [a, b] = [tf.zeros(to), tf.zeros(bias)];
      const shape = tf.add(a, b).shape;
      const dy = tf.tensor(
        normal(
          shape.reduce((x, y) => x * y, 1),
          51,
        ),
        shape,
      );
      const [da, db] = tf.grads((x: tf.Tensor, y: tf.Tensor) => tf.add(x, y))([a, b], dy) as [tf.Tensor, tf.Tensor];
      expect([da.shape, db.shape]).toEqual([to, bias]);
      // The derivative along a direction of ones is the sum of all slopes, for either input.
      const slopes = [...dy.dataSync()];
      const sum = (values: number[]) => values.reduce((x, y) => x + y, 0);
      const along = (gradient: tf.Tensor) => sum([...gradient.dataSync()]);
      expect(along(da)).toBeCloseTo(sum(slopes), 4);
      expect(along(db)).toBeCloseTo(sum(slopes), 4);
      // Entry 0 by its own sum.
      const column = slopes.filter((_, i) => i % (shape.at(-1) ?? 1) === 0);
      if (bias.at(-1) === shape.at(-1) && bias.every((side, i) => side === 1 || i === bias.length - 1))
        expect(db.dataSync()[0]).toBeCloseTo(sum(column), 4);
    });
  });
});
