import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { createFrom, createLoss } from './create.js';
import { evaluateCurves } from './curves.js';
import { LOGIT, perClass } from './expression.js';
import { DATASET, LABEL_STATISTICS, LOGGER, RANDOM } from './injection.js';
import { labelsFromRows, labelStatistics } from './labels.js';
import type { ElementwiseLoss } from './loss.js';
import { definePlugin } from './plugin.js';

const statistics = labelStatistics(labelsFromRows([[0], [], [], [1]], 2), Int32Array.of(0, 1, 2, 3));
const prior = definePlugin({
  kind: 'loss',
  name: 'prior',
  options: z.strictObject({ factor: z.number().min(0).default(2) }),
  inject: [LABEL_STATISTICS],
  weights: { positive: { rule: 'ratio' } },
  create: ({ factor }, labels) => ({
    kind: 'elementwise',
    curves: () => ({ positive: perClass(labels.prior).mul(factor), negative: perClass(labels.prior) }),
  }),
});
const sampler = definePlugin({
  kind: 'sampler',
  name: 'shifted',
  options: z.strictObject({}),
  inject: [RANDOM, LOGGER],
  create: (_options, random, logger) => {
    logger.warn('nobody hears');
    const by = random.integer(1000);
    return { kind: 'draw', draw: (pool) => pool.map((_, i) => pool[(i + by) % pool.length]!) };
  },
});
const batch = definePlugin({
  kind: 'loss',
  name: 'together',
  options: z.strictObject({}),
  create: () => ({
    kind: 'batch',
    compute: () => {
      throw new Error('nothing is computed here');
    },
  }),
});
const positives = (loss: unknown) => [
  ...evaluateCurves((loss as ElementwiseLoss).curves(LOGIT, { epoch: 0 }), Float64Array.of(0, 0), Int32Array.of(0, 1))
    .positive,
];

describe('what a plugin makes outside of a run', () => {
  test('has the defaults of its options, its own weights or those given, and what it injects', async () => {
    expect(positives(await createLoss(prior, {}, { statistics }))).toEqual([2 * 0.25 * 3, 2 * 0.25 * 3]);
    expect(positives(await createLoss(prior, { factor: 4 }, { statistics, weights: 'none' }))).toEqual([1, 1]);
    expect(positives(await createFrom(prior, { factor: 4 }, [[LABEL_STATISTICS, statistics]]))).toEqual([1, 1]);
  });

  test('without LOGGER and RANDOM given it is quiet and the same each time', async () => {
    const draw = async () => {
      const made = await createFrom(sampler, {});
      return made.kind === 'draw' && made.draw(Int32Array.of(1, 2, 3, 4), {} as never);
    };
    expect(await draw()).toEqual(await draw());
  });

  test.each([
    ['statistics', () => createLoss(prior, {}), 'plugin-needs'],
    ['statistics for weights', () => createLoss(batch, {}, { weights: { positive: 2 } }), 'weights-on-batch-loss'],
    ['a data set', () => createFrom({ ...sampler, inject: [DATASET] } as never, {} as never), 'plugin-needs'],
    [
      'a file',
      () => createLoss(prior, {}, { statistics, weights: { class: { table: 'w.csv' } } }),
      'weight-table-unread',
    ],
  ])('lacking %s it is refused', async (_, make, code) => {
    await expect(make()).rejects.toMatchObject({ code });
  });

  test('wrong options are refused, and do not compile', async () => {
    await expect(createFrom(prior, { factor: -1 })).rejects.toThrow(z.ZodError);
    // @ts-expect-error -- facto for factor
    await expect(createLoss(prior, { facto: 1 }, { statistics })).rejects.toThrow(z.ZodError);
  });
});
