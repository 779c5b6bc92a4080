import type { Logger } from '@counterweight/core';
import { describe, expect, test } from 'vitest';

import { drawings, MANIFEST, project } from './fixtures/project.js';
import { loadManifest } from './manifest.js';
import { check } from './plan.js';
import { planText } from './plan-text.js';

const logger: Logger = { info: () => undefined, warn: () => undefined };

async function planOf(set: readonly string[], files: Readonly<Record<string, string>> = {}) {
  const { folder: workingFolder } = project({ ...drawings(), 'manifest.yaml': MANIFEST, ...files });
  return check(await loadManifest('manifest.yaml', { workingFolder, set }), { logger, estimate: false });
}

const BCE = "loss={use: '@counterweight/loss-weighted-bce', weights: none}";

describe('the plan', () => {
  test('counts what the labels hold', async () => {
    const { data, training } = await planOf([BCE]);
    expect(data).toMatchObject({ classes: 8, shape: [16, 16, 1], examples: { train: 64, validation: 16, test: 16 } });
    expect(training).toEqual({ epochs: 3, steps: 12 });
    expect(data.withoutTrainingPositives).toEqual({ classes: 0, first: [] });
    expect(data.labelsPerExample).toBeGreaterThan(1);
  });

  test('BCE starts at the entropy of the priors, its probabilities adding up to the labels', async () => {
    const { start, data, warnings } = await planOf([BCE]);
    expect(start!.rawLabelsPerExample).toBeCloseTo(data.labelsPerExample, 9);
    expect(warnings).toEqual([]);
    const { min, max } = data.prior;
    const entropy = (p: number) => -p * Math.log(p) - (1 - p) * Math.log1p(-p);
    expect(start!.loss).toBeGreaterThan(entropy(min));
    expect(start!.loss).toBeLessThan(entropy(max));
  });

  test('negatives/positives as weights start at half of all classes, and a warning says so', async () => {
    const { start, warnings, weights } = await planOf(["loss={use: '@counterweight/loss-weighted-bce'}"]);
    expect(start!.rawLabelsPerExample).toBeCloseTo(8 / 2, 9);
    expect(weights['positive']!.median).toBeGreaterThan(1);
    expect(warnings.join()).toMatch(/far too much/);
  });

  test('weights and focus together are called a double focus', async () => {
    const { warnings } = await planOf(['loss.weights={positive: {rule: ratio}}']);
    expect(warnings.join()).toMatch(/double focus/);
  });

  test('weights of a table are read in any order', async () => {
    const rows = [7, 6, 5, 4, 3, 2, 1, 0].map((c) => `bar ${c},${c + 1}`);
    const set = [BCE, 'loss.weights={positive: {table: w.csv}}'];
    const { weights } = await planOf(set, { 'w.csv': `class,weight\n${rows.join('\n')}\n` });
    expect(weights['positive']).toEqual({ min: 1, median: 5, max: 8 });
  });

  test.each([
    ['an unknown class', 'class,weight\nbar 9,1\n', 'bar 9'],
    ['a class twice', 'class,weight\nbar 1,1\nbar 1,2\n', 'again'],
    ['a class too few', 'class,weight\nbar 1,1\n', 'no weight for bar 0'],
    ['a negative weight', 'class,weight\nbar 1,-1\n', "'-1'"],
    ['other columns', 'name,w\nbar 1,1\n', 'name,w'],
  ])('a table of weights with %s is refused', async (_, text, found) => {
    const set = [BCE, 'loss.weights={positive: {table: w.csv}}'];
    const error: unknown = await planOf(set, { 'w.csv': text }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'weights-table', exit: 3 });
    expect((error as Error).message).toContain(found);
  });

  test('what drawing examples does to the priors is told in words', async () => {
    const set = ["samplers=[{use: '@counterweight/sampler-oversample', rule: classPower}]"];
    const { samplers } = await planOf(set);
    expect(samplers).toHaveLength(1);
    expect(samplers[0]!.effect.join()).toMatch(/priors change by .*labels per example/s);
  });

  test('two samplers that mine are refused', async () => {
    const ohem = "{use: '@counterweight/sampler-ohem'}";
    await expect(planOf([`samplers=[${ohem}, ${ohem}]`])).rejects.toMatchObject({ code: 'several-miners', exit: 2 });
  });

  test('a metric that looks at more classes than there are is refused, where it stands', async () => {
    const set = ['evaluation.metrics=[f1, { name: precisionAtK, k: 9 }]'];
    await expect(planOf(set)).rejects.toMatchObject({
      code: 'k-out-of-range',
      exit: 2,
      place: { file: '--set evaluation.metrics' },
    });
  });

  test('a loss of whole batches takes neither weights nor a miner', async () => {
    const loss = `
      const options = { safeParse: (data) => ({ success: true, data }), parse: (data) => data };
      export default { contract: 1, kind: 'loss', name: 'b', options, inject: [], create: () => ({ kind: 'batch', compute: () => 0 }) };`;
    const files = {
      'node_modules/batch-loss/package.json': '{ "name": "batch-loss", "type": "module", "exports": "./i.js" }',
      'node_modules/batch-loss/i.js': loss,
    };
    await expect(planOf(['loss={use: batch-loss, weights: {positive: 2}}'], files)).rejects.toMatchObject({
      code: 'weights-on-batch-loss',
      exit: 2,
    });
    const miner = "samplers=[{use: '@counterweight/sampler-ohem'}]";
    await expect(planOf(['loss={use: batch-loss}', miner], files)).rejects.toMatchObject({
      code: 'needs-elementwise-loss',
      exit: 2,
    });
  });

  test('as text it has a line for each', async () => {
    const text = planText(await planOf(['loss.weights={positive: {rule: ratio}}']));
    expect(text).toMatch(/^classes {3}8: 0 head/m);
    expect(text).toMatch(/^weights {3}positive /m);
    expect(text).toMatch(/^warning {3}/m);
  });
});
