import assert from 'node:assert/strict';
import { test } from 'node:test';

import { labelsFromRows, labelStatistics } from '@counterweight/core';
import { metricConformance } from '@counterweight/testing';

import plugin from './index.js';
import { myPlugin } from './my-plugin.js';

// Every law of a metric: blocks, order of rows, unknown entries, classes without positives, thresholds.
metricConformance({ test, plugin });

test('two of two positives and one of two negatives are right: three quarters', async () => {
  const labels = labelsFromRows([[0], [0], [], []], 1);
  const scores = {
    rows: 4,
    columns: 1,
    block: (from: number, to: number) => Float32Array.of(2, 1, 3, -1).slice(from, to),
  };
  const training = labelStatistics(labels, Int32Array.of(0, 1, 2, 3));
  const { values } = await myPlugin().compute({ scores, labels, training, threshold: 0.5 });
  assert.equal(values['macro'], 0.75);
});
