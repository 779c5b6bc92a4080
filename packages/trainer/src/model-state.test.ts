import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';

import { loadModelState, modelState } from './model-state.js';

beforeAll(() => tf.setBackend('cpu')); // where tensors share memory with what they are made from and read into

test('a state shares no memory with the model, neither saved nor loaded', () => {
  const variable = tf.variable(tf.tensor1d([1, 2, 3]));
  const model = { parameters: [{ name: 'w', variable, group: 'head' as const, decay: true }], buffers: [] };
  modelState(model)['w']!.fill(9);
  expect([...variable.dataSync()]).toEqual([1, 2, 3]);
  const state = { w: Float32Array.of(4, 5, 6) };
  loadModelState(model, state);
  state.w.fill(9);
  expect([...variable.dataSync()]).toEqual([4, 5, 6]);
  variable.dispose();
});
