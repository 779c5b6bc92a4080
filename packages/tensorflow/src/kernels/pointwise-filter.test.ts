import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';

import { loadEngine } from '../engine.js';
import { normal } from '../fixtures/drawings.js';

beforeAll(async () => {
  await loadEngine();
});

/** Σ over examples and the pixels that a stride leaves, of x · dy. */
function expected(x: Float32Array, dy: Float32Array, sizes: readonly number[], out: number, stride: number): number[] {
  const [batch, height, width, channels] = sizes as [number, number, number, number];
  const sums = new Float64Array(channels * out);
  let at = 0;
  for (let b = 0; b < batch; b++)
    for (let row = 0; row < height; row += stride)
      for (let column = 0; column < width; column += stride, at++)
        for (let c = 0; c < channels; c++)
          for (let o = 0; o < out; o++)
            sums[c * out + o]! += x[((b * height + row) * width + column) * channels + c]! * dy[at * out + o]!;
  return [...sums];
}

test.each([
  [[2, 12, 10, 4], 8, 2, 'same'],
  [[1, 5, 7, 3], 2, 3, 'same'],
  [[3, 6, 5, 1], 1, 2, 'valid'],
  [[2, 4, 4, 20], 24, 2, 'same'],
  [[2, 4, 3, 5], 6, 1, 'same'],
  [[2, 5, 8, 3], 4, 2, 0],
] as const)('the gradient of a 1×1 filter on %j to %i channels, stride %i, padding %s', (sizes, out, stride, pad) => {
  const [batch, height, width, channels] = sizes;
  const shape: [number, number, number, number] = [batch, Math.ceil(height / stride), Math.ceil(width / stride), out];
  const x = normal(batch * height * width * channels, 1);
  const dy = normal(
    shape.reduce((a, b) => a * b),
    2,
  );
  const before = tf.memory().numTensors;
  const found = tf.tidy(() => {
    const input = tf.tensor4d(x.slice(), [...sizes]);
    const filter = tf.ones<tf.Rank.R4>([1, 1, channels, out]);
    const gradient = tf.grad((w) => tf.conv2d(input, w as tf.Tensor4D, stride, pad));
    const result = gradient(filter, tf.tensor4d(dy.slice(), shape));
    expect(result.shape).toEqual([1, 1, channels, out]);
    return Array.from(result.dataSync());
  });
  expect(tf.memory().numTensors).toBe(before);
  expected(x, dy, sizes, out, stride).forEach((sum, i) => expect(found[i]).toBeCloseTo(sum, 4));
});

test.each(['same', 'valid', 0] as const)(
  'narrow strided filters of mixed sizes, padding %s: the process stays whole',
  (pad) => {
    for (let i = 0; i < 2000; i++)
      tf.tidy(() => {
        const size = 2 + (i % 11);
        const [channels, out] = [2 ** (i % 4), 2 ** ((i >> 2) % 4)];
        const x = tf.ones<tf.Rank.R4>([1 + (i % 4), size, size, channels]);
        const y = tf.grad((w) => tf.conv2d(x, w as tf.Tensor4D, 2, pad))(tf.ones([1, 1, channels, out]));
        expect(y.dataSync()[0]).toBe((1 + (i % 4)) * Math.ceil(size / 2) ** 2);
      });
  },
);
