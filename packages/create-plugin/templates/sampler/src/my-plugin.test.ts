import assert from 'node:assert/strict';
import { test } from 'node:test';

import { labelsFromRows, labelStatistics } from '@counterweight/core';
import { drawConformance } from '@counterweight/testing';

import plugin from './index.js';
import { myPlugin } from './my-plugin.js';

// Every law of a sampler that draws: examples of the pool, pure in pool, epoch and seed, probabilities that are what is drawn.
drawConformance({ test, plugin, options: [{}, { exponent: 0 }, { exponent: 1 }] });

test('a class with a ninth of the positives is drawn a third as often', () => {
  const labels = labelsFromRows([[0], [0], [0], [0], [0], [0], [0], [0], [0], [1]], 2);
  const pool = Int32Array.from({ length: 10 }, (_, i) => i);
  const drawn = myPlugin({ exponent: 0.5 }).probabilities!(pool, { labels, statistics: labelStatistics(labels, pool) });
  assert.ok(Math.abs(drawn[9]! - 1 / 4) < 1e-12);
  assert.ok(Math.abs(drawn[0]! - 3 / 4 / 9) < 1e-12);
});
