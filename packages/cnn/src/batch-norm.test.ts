import { type Mode, randomStream } from '@counterweight/core';
import { loadEngine } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers'; // registers the gradients
import { beforeAll, describe, expect, test } from 'vitest';

import { batchNorm, EPSILON, MOMENTUM } from './batch-norm.js';
import { hasKernel } from './batch-statistics.js';

/** Forward and moved averages in float64, one channel: Ioffe and Szegedy 2015, algorithm 1. */
function reference(x: readonly number[], scale: number, offset: number) {
  const n = x.length;
  const mean = x.reduce((a, b) => a + b) / n;
  const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n;
  return {
    y: x.map((value) => (scale * (value - mean)) / Math.sqrt(variance + EPSILON) + offset),
    mean: MOMENTUM * mean,
    variance: 1 - MOMENTUM + (MOMENTUM * variance * n) / (n - 1),
  };
}

describe.each(['cpu', 'tensorflow'])('on %s', (backend) => {
  beforeAll(async () => {
    if (backend === 'cpu') await tf.setBackend('cpu');
    else await loadEngine();
  });

  test('the engine brings the fused kernels, other backends do not', () => {
    expect(hasKernel('CwBatchNorm')).toBe(backend === 'tensorflow');
  });

  describe.each([
    { shape: [3, 2, 4], batch: 5 },
    { shape: [1, 1, 3], batch: 2 },
    { shape: [6], batch: 7 },
  ])('$batch × $shape', ({ shape, batch }) => {
    const channels = shape.at(-1)!;
    const random = randomStream(3);
    const x = Float32Array.from({ length: shape.reduce((a, b) => a * b, batch) }, () => random.normal() * 3 + 2);
    const dy = x.map(() => random.normal());
    const scale = Array.from({ length: channels }, (_, c) => 0.5 + c);
    const offset = Array.from({ length: channels }, (_, c) => c - 1);
    const column = (values: ArrayLike<number>, c: number) => Array.from(values).filter((_, i) => i % channels === c);
    const mode: Mode = { training: true, frozen: new Set(), random };
    const layer = () => {
      const built = batchNorm('norm')(shape);
      built.parameters[0]!.variable.assign(tf.tensor1d(scale));
      built.parameters[1]!.variable.assign(tf.tensor1d(offset));
      return built;
    };

    test('forward and moving averages equal float64', () => {
      const norm = layer();
      const y = norm.forward(tf.tensor(x, [batch, ...shape]), mode);
      expect(y.shape).toEqual([batch, ...shape]);
      for (let c = 0; c < channels; c++) {
        const expected = reference(column(x, c), scale[c]!, offset[c]!);
        column(y.dataSync(), c).forEach((value, i) => {
          expect(value).toBeCloseTo(expected.y[i]!, 4);
        });
        expect(norm.buffers[0]!.variable.dataSync()[c]).toBeCloseTo(expected.mean, 5);
        expect(norm.buffers[1]!.variable.dataSync()[c]).toBeCloseTo(expected.variance, 5);
      }
    });

    test('gradients equal finite differences of float64', () => {
      const norm = layer();
      const weights = tf.tensor(dy, [batch, ...shape]);
      const [dx, dscale, doffset] = tf
        .grads((image: tf.Tensor) => tf.sum(tf.mul(norm.forward(image, mode), weights)))([
          tf.tensor(x, [batch, ...shape]),
        ])
        .concat(
          Object.values(
            tf.variableGrads(
              () => tf.sum(tf.mul(norm.forward(tf.tensor(x, [batch, ...shape]), mode), weights)),
              norm.parameters.map(({ variable }) => variable),
            ).grads,
          ),
        );
      const h = 1e-5;
      for (let c = 0; c < channels; c++) {
        const [values, slopes] = [column(x, c), column(dy, c)];
        const loss = (given: readonly number[], a: number, b: number) =>
          reference(given, a, b).y.reduce((sum, value, i) => sum + value * slopes[i]!, 0);
        const [a, b] = [scale[c]!, offset[c]!];
        expect(dscale!.dataSync()[c]).toBeCloseTo((loss(values, a + h, b) - loss(values, a - h, b)) / (2 * h), 3);
        expect(doffset!.dataSync()[c]).toBeCloseTo((loss(values, a, b + h) - loss(values, a, b - h)) / (2 * h), 3);
        column(dx!.dataSync(), c).forEach((value, i) => {
          const moved = (by: number) =>
            loss(
              values.map((x, j) => (j === i ? x + by : x)),
              a,
              b,
            );
          expect(value).toBeCloseTo((moved(h) - moved(-h)) / (2 * h), 3);
        });
      }
    });
  });

  test('one value a channel is normalised by the averages, which stay', () => {
    const norm = batchNorm('norm')([3]);
    tf.tidy(() => {
      norm.buffers[0]!.variable.assign(tf.tensor1d([1, 2, 3]));
      norm.buffers[1]!.variable.assign(tf.tensor1d([4, 9, 16]));
      const forward = (training: boolean) =>
        norm.forward(tf.tensor2d([3, 8, 11], [1, 3]), { training, frozen: new Set(), random: randomStream(1) });
      [1, 2, 2].forEach((value, i) => {
        expect(forward(true).dataSync()[i]).toBeCloseTo(value, 4);
      });
      expect(forward(true).dataSync()).toEqual(forward(false).dataSync());
      expect(norm.buffers.map(({ variable }) => [...variable.dataSync()])).toEqual([
        [1, 2, 3],
        [4, 9, 16],
      ]);
    });
  });
});
