/** A layers model, frozen and fine-tuned, keeps the laws of models. */
import '@tensorflow/tfjs-backend-cpu';
import { modelConformance } from '@counterweight/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { test } from 'vitest';

import { inputOf, smallModel, write } from './fixtures/models.js';
import plugin from './index.js';

await tf.setBackend('cpu');
const folder = await write(smallModel([tfl.layers.dropout({ name: 'drop', rate: 0.2 })]));

modelConformance({
  test,
  plugin,
  inputs: [inputOf([6, 6, 2])],
  options: [{ folder }, { folder, frozen: false }, { folder, frozen: false, normalise: 'dataset', features: 'relu' }],
});
