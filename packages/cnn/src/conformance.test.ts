/** Networks of every form keep the laws of models. */
import type { ModelInput } from '@counterweight/core';
import { modelConformance } from '@counterweight/testing';
import { test } from 'vitest';

import { cnn, mlp } from './plugins.js';

const images = (...shape: readonly number[]): ModelInput => ({
  shape,
  dtype: 'uint8',
  classes: 3,
  mean: [100, 101, 102].slice(0, shape[2]),
  deviation: [50, 0, 52].slice(0, shape[2]),
});

modelConformance({
  test,
  plugin: cnn,
  options: [
    { widths: [3, 4], dense: 5 },
    { architecture: 'residual', depth: 10, width: 2 },
  ],
});
modelConformance({
  test,
  plugin: cnn,
  inputs: [images(20, 9, 1)],
  options: [{ architecture: 'residual', depth: 14, width: 1, head: 'flatten', dense: 4 }],
});
modelConformance({ test, plugin: mlp, options: [{}, { hidden: [6, 5], dropout: 0.3 }] });
