import type { Evaluation } from '@counterweight/core';
import { labelsFromRows, labelStatistics } from '@counterweight/core';
import { metricConformance } from '@counterweight/testing';
import { expect, test } from 'vitest';

import { metricPlugins } from './plugins.js';

const labels = labelsFromRows([[0], [1], [0, 1]], 3);
const training = labelStatistics(labels, Int32Array.of(0, 1, 2));
const values = Float32Array.of(1, -1, -2, 0.5, 2, -3, 1, 1, -1);

/** Scores that count how often their first row is read. */
function evaluation(): { given: Evaluation; reads: () => number } {
  let reads = 0;
  const block = (from: number, to: number): Float32Array => {
    if (from === 0) reads += 1;
    return values.subarray(from * 3, to * 3);
  };
  return {
    given: { scores: { rows: 3, columns: 3, block }, labels, training, threshold: 0.5 },
    reads: () => reads,
  };
}

const [averagePrecision, rocAuc, precisionAtK, f1, prevalenceRatio] = metricPlugins;

for (const plugin of metricPlugins)
  metricConformance({ test, plugin, options: plugin.name === 'precisionAtK' ? [{}, { k: 2 }] : [{}] });

test('a manifest can name five metrics', () => {
  expect(metricPlugins.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'metric averagePrecision',
    'metric rocAuc',
    'metric precisionAtK',
    'metric f1',
    'metric prevalenceRatio',
  ]);
});

test('metrics of the same kind share a pass over the scores', async () => {
  const { given, reads } = evaluation();
  await (await averagePrecision.create({})).compute(given);
  const once = reads();
  await (await rocAuc.create({})).compute(given);
  expect(reads()).toBe(once);
  await (await f1.create({})).compute(given);
  await (await prevalenceRatio.create({})).compute(given);
  expect(reads()).toBe(once + 1);
});

test('another evaluation of the same scores is computed anew', async () => {
  const { given } = evaluation();
  const included = Uint8Array.of(1, 0, 0);
  const metric = await averagePrecision.create({});
  const all = await metric.compute(given);
  const one = await metric.compute({ ...given, included });
  expect(all.values).toMatchObject({ classes: 2, excluded: 1 });
  expect(one.values).toMatchObject({ classes: 1, excluded: 2 });
});

test('options are strict: unknown keys and a k below 1 are refused', () => {
  for (const plugin of metricPlugins) expect(plugin.options.safeParse({ top: 3 }).success).toBe(false);
  expect(precisionAtK.options.parse({})).toEqual({ k: 5 });
  expect(precisionAtK.options.safeParse({ k: 0 }).success).toBe(false);
  expect(precisionAtK.options.safeParse({ k: 2.5 }).success).toBe(false);
});
