import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { accelerate } from '../accelerate.js';
import { loadEngine } from '../engine.js';
import { normal } from '../fixtures/drawings.js';

beforeAll(async () => {
  await loadEngine();
});
beforeEach(accelerate);

/** The slopes of each entry of a smaller shape, added over all entries that it was broadcast to. */
function summedTo(shape: readonly number[], dy: tf.Tensor): Float64Array {
  const sums = new Float64Array(shape.reduce((x, y) => x * y, 1));
  dy.dataSync().forEach((slope, flat) => {
    let [rest, at, stride] = [flat, 0, 1];
    for (let axis = 1; axis <= dy.rank; axis++) {
      const [whole, side] = [dy.shape.at(-axis)!, shape.at(-axis) ?? 1];
      at += stride * (side === 1 ? 0 : rest % whole);
      stride *= side;
      rest = Math.floor(rest / whole);
    }
    sums[at]! += slope;
  });
  return sums;
}

describe('a bias', () => {
  test.each([
    { to: [4, 3], bias: [3] },
    { to: [2, 4, 5, 3], bias: [3] },
    { to: [2, 4, 5, 3], bias: [1, 1, 1, 3] },
    { to: [2, 4, 5, 3], bias: [2, 1, 1, 1] },
    { to: [4, 3], bias: [] },
    { to: [3], bias: [4, 3] },
    { to: [4, 1], bias: [3] },
    { to: [3, 3], bias: [3, 1] },
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
      for (const [gradient, of] of [
        [da, to],
        [db, bias],
      ] as const) {
        const wanted = summedTo(of, dy);
        gradient.dataSync().forEach((slope, i) => expect(slope).toBeCloseTo(wanted[i]!, 4));
      }
    });
  });
});
