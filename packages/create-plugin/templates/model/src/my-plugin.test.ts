import assert from 'node:assert/strict';
import { test } from 'node:test';

import { randomStream } from '@counterweight/core';
import { ensureBackend, modelConformance } from '@counterweight/testing';

import plugin from './index.js';
import { myPlugin } from './my-plugin.js';

// Every law of a model: shapes, gradients, modes, seeds, state, the export, leaks.
modelConformance({ test, plugin, options: [{}, { hidden: 3 }] });

test('it has (inputs + 1) · hidden + (hidden + 1) · classes numbers to learn', async () => {
  await ensureBackend();
  const input = {
    shape: [4, 4, 3],
    dtype: 'uint8',
    classes: 5,
    mean: [100, 100, 100],
    deviation: [50, 50, 50],
  } as const;
  const model = myPlugin({ hidden: 7 }, input, randomStream(1));
  const learnt = model.parameters.reduce((sum, { variable }) => sum + variable.size, 0);
  assert.equal(learnt, (48 + 1) * 7 + (7 + 1) * 5);
  model.dispose();
});
