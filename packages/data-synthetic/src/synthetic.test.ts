import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { labelStatistics, randomStream, selectRows, SPLITS, type Dataset, type Logger } from '@counterweight/core';
import { averagePrecision, ranking } from '@counterweight/metrics';
import { datasetConformance } from '@counterweight/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import plugin from './index.js';
import { makeRecipe } from './recipe.js';

/** Short labels are not kept, so that nothing is written there. */
const NOWHERE = join(tmpdir(), 'never-made');
const silent: Logger = { info: () => undefined, warn: () => undefined };
const open = async (given: object, seed = 7, logger = silent, cache = NOWHERE): Promise<Dataset> =>
  plugin.create(plugin.options.parse(given), randomStream(seed), logger, cache);
const range = (length: number): Int32Array => Int32Array.from({ length }, (_, i) => i);

/** The case with a tenth of the classes. */
const tenth = { examples: 4_000, classes: 790, labelsPerExample: 13 };
const small = { examples: 200, classes: 30, labelsPerExample: 1.2 };

datasetConformance({
  test,
  plugin,
  options: [small, { ...small, size: 16, splits: { train: 0.6, validation: 0, test: 0.4 } }],
  others: [
    { ...small, noise: 0.2 },
    { ...small, labelsPerExample: 2 },
  ],
});

describe('a small one', () => {
  test('its shape, names, splits and notices', async () => {
    const dataset = await open(small);
    expect(dataset.input).toEqual({ shape: [32, 32, 3], dtype: 'uint8' });
    expect([dataset.classes[0], dataset.classes[29]]).toEqual(['class-00', 'class-29']);
    expect([dataset.id(0), dataset.id(199)]).toEqual(['example-000', 'example-199']);
    expect([dataset.labels.rows, dataset.labels.columns]).toEqual([200, 30]);
    const { positives, labelsPerExample } = labelStatistics(dataset.labels, range(200));
    const [least, most] = [Math.min(...positives), Math.max(...positives)];
    expect(dataset.notices?.[0]).toBe(
      `Made by the seed: 200 examples, ${labelsPerExample.toFixed(1)} labels each; ` +
        `the rarest class has ${least}, the commonest ${most}.`,
    );
    expect(dataset.notices?.at(-1)).toMatch(/^\d+ classes without a positive in test\.$/);
    expect(SPLITS.map((split) => dataset.splits[split].length)).toEqual([140, 20, 40]);
    const all = SPLITS.flatMap((split) => [...dataset.splits[split]]);
    expect(all.sort((a, b) => a - b)).toEqual([...range(200)]);
    for (const split of SPLITS) expect(dataset.splits[split]).toEqual(dataset.splits[split].slice().sort());
    await dataset.close();
  });

  test('a seed decides everything; the fingerprint tells seeds and options apart', async () => {
    const [one, again, other] = [await open(small), await open(small), await open(small, 8)];
    expect(again.labels).toEqual(one.labels);
    expect(again.splits).toEqual(one.splits);
    expect(other.labels).not.toEqual(one.labels);
    expect(other.splits).not.toEqual(one.splits);
    const changed = [{ noise: 0.2 }, { size: 16 }, { strength: 2 }, { splits: { train: 0.6, test: 0.3 } }];
    const prints = await Promise.all(changed.map((change) => open({ ...small, ...change })));
    expect(again.fingerprint).toBe(one.fingerprint);
    expect(new Set([one, other, ...prints].map(({ fingerprint }) => fingerprint)).size).toBe(6);
  });

  test('more examples leave the ones there were as they are', async () => {
    const [few, many] = [await open(small), await open({ ...small, examples: 333 })];
    expect(selectRows(many.labels, range(200)).positives).toEqual(few.labels.positives);
    const [a, b] = [new Uint8Array(3072), new Uint8Array(3072)];
    await few.read(Int32Array.of(123), a);
    await many.read(Int32Array.of(123), b);
    expect(a).toEqual(b);
  });

  test('images are read in the order asked, into bytes and into floats', async () => {
    const dataset = await open(small);
    const one = async (example: number): Promise<number[]> => {
      const into = new Uint8Array(3072);
      await dataset.read(Int32Array.of(example), into);
      return [...into];
    };
    const want = [...(await one(5)), ...(await one(199)), ...(await one(5))];
    const [bytes, floats] = [new Uint8Array(9216), new Float32Array(9216)];
    await dataset.read(Int32Array.of(5, 199, 5), bytes);
    await dataset.read(Int32Array.of(5, 199, 5), floats);
    expect([...bytes]).toEqual(want);
    expect([...floats]).toEqual(want);
  });
});

// The recipe's table, from another implementation: over all examples (population), and on 1,000 rows.
describe('average precision of the optimum', () => {
  const optimumOf = async (strength: number, examples: number): Promise<number> => {
    const dataset = await open({ classes: 395, labelsPerExample: (130 * 395) / 7_900, strength, examples });
    const rows = range(examples);
    const { labels } = dataset;
    const evaluation = {
      labels,
      training: labelStatistics(labels, rows),
      scores: dataset.optimum!(rows),
      threshold: 0.5,
    };
    return averagePrecision(await ranking(evaluation)).values.macro!;
  };

  test.each([
    [1.8, 20_000, 0.203],
    [2.3, 20_000, 0.319],
    [2.3, 1_000, 0.353],
  ])('s = %f, %i rows: %f', async (strength, examples, expected) => {
    expect(Math.abs((await optimumOf(strength, examples)) - expected)).toBeLessThan(examples === 1_000 ? 0.012 : 0.004);
  });
});

// The recipe: 0.20, and 10.3 under weights.
test('at one half the optimum predicts a fifth of the labels; under negatives / positives, ten times as many', async () => {
  const { priors } = makeRecipe(plugin.options.parse(tenth), randomStream(7));
  const dataset = await open(tenth);
  const logits = await dataset.optimum!(range(4_000)).block(0, 4_000);
  const ratio = (shift: (prior: number) => number): number =>
    logits.filter((z, i) => z + shift(priors[i % 790]!) >= 0).length / dataset.labels.positives.classes.length;
  expect(Math.abs(ratio(() => 0) - 0.2)).toBeLessThan(0.01);
  expect(Math.abs(ratio((prior) => Math.log((1 - prior) / prior)) - 10.3)).toBeLessThan(0.3);
});

describe('labels that take long', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'synthetic-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('are kept: for every noise, size and split, for one seed; short ones are not', async () => {
    const long = { examples: 16_000, classes: 1_000, labelsPerExample: 16 };
    const said: string[] = [];
    const logger = {
      info: (message: string) => void said.push(message),
      warn: (message: string) => void said.push(message),
    };
    const first = await open(long, 7, logger, folder);
    const again = await open({ ...long, noise: 0.3, size: 16, splits: { train: 0.5, test: 0.4 } }, 7, logger, folder);
    expect(again.labels).toEqual(first.labels);
    const [file, ...others] = await readdir(folder);
    expect(others).toEqual([]);
    expect(said).toEqual([`Making labels: 16000 examples × 1000 classes. They are kept in ${join(folder, file!)}.`]);
    await open(small, 7, logger, folder);
    expect(await readdir(folder)).toHaveLength(1);
  });
});
