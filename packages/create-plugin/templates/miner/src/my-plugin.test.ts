import assert from 'node:assert/strict';
import { test } from 'node:test';

import { labelsFromRows } from '@counterweight/core';
import { ensureBackend, mineConformance } from '@counterweight/testing';
import { batchLabels } from '@counterweight/trainer';
import * as tf from '@tensorflow/tfjs-core';

import plugin from './index.js';
import { myPlugin } from './my-plugin.js';

// Every law of a sampler that mines: weights, counts, ties, order of rows and classes, unknown entries, empty batches, leaks.
mineConformance({ test, plugin, options: [{}, { share: 1 }, { share: 0.01, startEpoch: 0 }] });

test('half of four entries: the two with the largest loss, positive or not', async () => {
  await ensureBackend();
  const batch = batchLabels(labelsFromRows([[0], [1]], 2), Int32Array.of(0, 1), 1);
  const losses = tf.tensor2d([
    [0.1, 3],
    [2, 0.2],
  ]);
  const { weights } = myPlugin({ share: 0.5, startEpoch: 1 }).mine({ losses, batch });
  assert.deepEqual(weights.arraySync(), [
    [0, 1],
    [1, 0],
  ]);
});
