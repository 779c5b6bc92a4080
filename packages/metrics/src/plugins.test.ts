import type { AnyPlugin, Evaluation, Metric } from '@counterweight/core';
import { labelsFromRows, labelStatistics } from '@counterweight/core';
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

const created = (name: string): Metric => {
  const plugin = metricPlugins.find((candidate) => candidate.name === name) as AnyPlugin<'metric'>;
  return plugin.create(plugin.options.parse({})) as Metric;
};

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
  await created('averagePrecision').compute(given);
  const once = reads();
  await created('rocAuc').compute(given);
  expect(reads()).toBe(once);
  await created('f1').compute(given);
  await created('prevalenceRatio').compute(given);
  expect(reads()).toBe(once + 1);
});

test('another evaluation of the same scores is computed anew', async () => {
  const { given } = evaluation();
  const included = Uint8Array.of(1, 0, 0);
  const metric = created('averagePrecision');
  const all = await metric.compute(given);
  const one = await metric.compute({ ...given, included });
  expect(all.values).toMatchObject({ classes: 2, excluded: 1 });
  expect(one.values).toMatchObject({ classes: 1, excluded: 2 });
});

test('options are strict: unknown keys and a k below 1 are refused', () => {
  for (const plugin of metricPlugins) expect(plugin.options.safeParse({ top: 3 }).success).toBe(false);
  const atK = metricPlugins.find(({ name }) => name === 'precisionAtK')!;
  expect(atK.options.parse({})).toEqual({ k: 5 });
  expect(atK.options.safeParse({ k: 0 }).success).toBe(false);
  expect(atK.options.safeParse({ k: 2.5 }).success).toBe(false);
});
