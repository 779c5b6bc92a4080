/** Networks of every form keep the laws of models. */
import type { ModelInput } from '@counterweight/core';
import { accelerate, loadEngine } from '@counterweight/tensorflow';
import { modelConformance } from '@counterweight/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, test } from 'vitest';

import { cnn, mlp } from './plugins.js';

const images = (...shape: readonly number[]): ModelInput => ({
  shape,
  dtype: 'uint8',
  classes: 3,
  mean: [100, 101, 102].slice(0, shape[2]),
  deviation: [50, 0, 52].slice(0, shape[2]),
});
const residual = { architecture: 'residual', width: 1 };

describe('on cpu', () => {
  beforeAll(() => tf.setBackend('cpu'));
  modelConformance({
    test,
    plugin: cnn,
    options: [
      { widths: [3, 4], dense: 5 },
      { ...residual, depth: 10, width: 2 },
    ],
  });
  modelConformance({
    test,
    plugin: cnn,
    inputs: [images(20, 9, 1)],
    options: [{ ...residual, depth: 14, head: 'flatten', dense: 4 }],
  });
  modelConformance({ test, plugin: mlp, options: [{}, { hidden: [6, 5], dropout: 0.3 }] });
});

describe('on tensorflow, with its fast gradients', () => {
  beforeAll(async () => {
    await loadEngine();
    accelerate();
  });
  modelConformance({
    test,
    plugin: cnn,
    options: [
      { widths: [3, 4], dense: 5 },
      { ...residual, depth: 50 },
    ],
  });
  modelConformance({
    test,
    plugin: cnn,
    inputs: [images(112, 20, 3)],
    options: [{ ...residual, depth: 18, dense: 4 }],
  });
  modelConformance({ test, plugin: mlp, options: [{ hidden: [6, 5] }] });
});
