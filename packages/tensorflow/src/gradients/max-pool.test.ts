import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { accelerate } from '../accelerate.js';
import { loadEngine } from '../engine.js';
import { distance } from '../fixtures/distance.js';
import { normal } from '../fixtures/drawings.js';

beforeAll(async () => {
  await loadEngine();
});
beforeEach(accelerate);

/** dx of 2×2 max-pooling, every window's slope divided among its largest cells. */
function dividedPoolGradient(x: Float32Array, dy: Float32Array, [b, h, w, c]: number[]): Float64Array {
  const dx = new Float64Array(x.length);
  const index = (n: number, row: number, column: number, k: number) => ((n * h! + row) * w! + column) * c! + k;
  for (let n = 0, at = 0; n < b!; n++)
    for (let row = 0; row < h!; row += 2)
      for (let column = 0; column < w!; column += 2)
        for (let k = 0; k < c!; k++, at++) {
          const cells = [0, 1, 2, 3].map((i) => index(n, row + (i >> 1), column + (i & 1), k));
          const most = Math.max(...cells.map((cell) => x[cell]!));
          const ties = cells.filter((cell) => x[cell] === most);
          for (const cell of ties) dx[cell] = dy[at]! / ties.length;
        }
  return dx;
}

describe('pooling', () => {
  const pool = (
    x: Float32Array,
    dy: Float32Array,
    shape: [number, number, number, number],
    pad: 'valid' | 'same' | 0,
  ) =>
    tf.tidy(() =>
      tf
        .grad((input: tf.Tensor) => tf.maxPool(input as tf.Tensor4D, 2, 2, pad))(
          tf.tensor4d(x, shape),
          tf.tensor(dy, [shape[0], shape[1] / 2, shape[2] / 2, shape[3]]),
        )
        .dataSync(),
    );

  test.each(['valid', 'same', 0] as const)('divides among ties, padding %s', (pad) => {
    // Five values only: most windows tie, some four times.
    const shape: [number, number, number, number] = [3, 8, 6, 5];
    const x = normal(3 * 8 * 6 * 5, 41).map(Math.round);
    const dy = normal((3 * 8 * 6 * 5) / 4, 43);
    expect(distance(pool(x, dy, shape, pad), dividedPoolGradient(x, dy, shape))).toBeLessThan(1e-6);
  });

  test('a window of NaN shows in its gradient', () => {
    expect([...pool(new Float32Array(4).fill(NaN), Float32Array.of(1), [1, 2, 2, 1], 'valid')]).toEqual(
      Array(4).fill(NaN),
    );
  });

  test.each([
    { size: 3, stride: 2, pad: 'same' as const, side: 8 },
    { size: 2, stride: 1, pad: 'valid' as const, side: 8 },
    { size: 2, stride: 2, pad: 'valid' as const, side: 8, width: 7 },
    { size: 2, stride: 2, pad: 'same' as const, side: 7, width: 8 },
    { size: 2, stride: 2, pad: 'valid' as const, side: 7 },
    { size: 2, stride: 2, pad: 'same' as const, side: 7 },
  ])(
    'other windows keep a right gradient: $size / $stride, $pad, side $side',
    ({ size, stride, pad, side, width = side }) => {
      tf.tidy(() => {
        // Distinct values: one valid gradient.
        const x = tf.tensor4d(
          Float32Array.from({ length: side * width }, (_, i) => (i * 37) % 101),
          [1, side, width, 1],
        );
        const dx = tf.grad((input: tf.Tensor) => tf.sum(tf.maxPool(input as tf.Tensor4D, size, stride, pad)))(x);
        const outputs = tf.maxPool(x, size, stride, pad).dataSync();
        const expected = Array.from(x.dataSync(), (cell) => outputs.filter((output) => output === cell).length);
        expect([...dx.dataSync()]).toEqual(expected);
      });
    },
  );
});
