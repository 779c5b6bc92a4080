import assert from 'node:assert/strict';
import { test } from 'node:test';

import { labelsFromRows } from '@counterweight/core';
import { batchLossConformance, batchTrial, ensureGradients } from '@counterweight/testing';

import plugin from './index.js';
import { myPlugin } from './my-plugin.js';

// Every law of a loss of batches: gradient, tails, unknown entries, empty batches, memory, leaks, determinism.
batchLossConformance({ test, plugin, options: [{}, { slope: 3, offset: -1 }] });

test('a class that is decided right costs nothing, one that is decided half wrong its share', async () => {
  await ensureGradients();
  const loss = myPlugin({ slope: 30, offset: 0 });
  const labels = labelsFromRows([[0], [1]], 2);
  const value = (...logits: number[]) => batchTrial({ loss, labels, logits: Float32Array.from(logits) }).value;
  assert.ok(value(1, -1, -1, 1) < 1e-6);
  assert.ok(Math.abs(value(1, 1, -1, 1) - 1 / 6) < 1e-6); // class 1: one hit, one false: F1 = 2/3
});
