import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ensureBackend, optimizerConformance } from '@counterweight/testing';
import * as tf from '@tensorflow/tfjs-core';

import plugin from './index.js';
import { myPlugin } from './my-plugin.js';

// Every law of an optimiser: it descends, its memory is saved and checked, parameters without a gradient, leaks.
optimizerConformance({ test, plugin, options: [{}, { beta1: 0, beta2: 0, weightDecay: 0 }] });

test('a step is as long for a small gradient as for a large one, and a kernel decays', async () => {
  await ensureBackend();
  const variable = tf.variable(tf.tensor1d([1, 1, 1]));
  const gradient = tf.tensor1d([1e-6, -1e6, 0]);
  const parameter = { name: 'w', variable, group: 'body', decay: true } as const;
  const lion = myPlugin({ learningRate: 0.5, beta1: 0.9, beta2: 0.99, weightDecay: 0.2 });
  lion.step([parameter], new Map([['w', gradient]]), { step: 1, learningRate: 0.5 });
  const moved = variable.dataSync();
  [0.4, 1.4, 0.9].forEach((expected, i) => assert.ok(Math.abs(moved[i]! - expected) < 1e-6));
  lion.dispose?.();
  tf.dispose([variable, gradient]);
});
