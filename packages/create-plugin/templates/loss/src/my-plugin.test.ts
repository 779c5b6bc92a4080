import assert from 'node:assert/strict';
import { test } from 'node:test';

import { evaluateCurves, LOGIT } from '@counterweight/core';
import { lossConformance } from '@counterweight/testing';

import plugin from './index.js';
import { myPlugin, type MyPluginOptions } from './my-plugin.js';

// Every law of a loss: slopes, tails, unknown entries, weights, batches, leaks, determinism.
lossConformance({ test, plugin, options: [{}, { gammaNegative: 4 }, { gammaPositive: 1, gammaNegative: 4 }] });

const at = (options: MyPluginOptions, logit: number) =>
  evaluateCurves(myPlugin(options).curves(LOGIT, { epoch: 0 }), Float64Array.of(logit));

test('a negative at p = 0.1 keeps 1 % of its BCE at γ⁻ = 2, a positive all of it', () => {
  const { positive, negative } = at({ gammaPositive: 0, gammaNegative: 2 }, Math.log(0.1 / 0.9));
  assert.ok(Math.abs(negative[0]! / -Math.log(0.9) - 0.01) < 1e-12);
  assert.ok(Math.abs(positive[0]! / -Math.log(0.1) - 1) < 1e-12);
});
