import { loadEngine } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, test } from 'vitest';

import { clipByGlobalNorm, globalNorm } from './gradient-norm.js';

describe.each(['tensorflow', 'cpu'])('on %s', (backend) => {
  beforeAll(async () => {
    if (backend === 'cpu') await tf.setBackend('cpu');
    else await loadEngine();
  });
  const gradients = () =>
    new Map<string, tf.Tensor>([
      ['a', tf.tensor1d([3, 0])],
      ['b', tf.tensor2d([[0, -4]])],
    ]);

  test('the norm is that of all gradients together', () => {
    expect(tf.tidy(() => globalNorm(gradients().values()))).toBeCloseTo(5, 6);
    expect(globalNorm([])).toBe(0);
  });

  test('a longer gradient is scaled to the limit, keeping its direction', () => {
    const clipped = tf.tidy(() => [...clipByGlobalNorm(gradients(), 5, 1).values()].map((x) => [...x.dataSync()]));
    expect(clipped.flat().map((x) => Math.round(x * 1e6) / 1e6)).toEqual([0.6, 0, 0, -0.8]);
  });

  test('a shorter one is left alone', () => {
    tf.tidy(() => {
      const own = gradients();
      expect(clipByGlobalNorm(own, 5, 5.01)).toBe(own);
    });
  });
});
