import {
  evaluateCurves,
  labelsFromRows,
  labelStatistics,
  LOGIT,
  logit,
  outputBias,
  resolveWeights,
  weighted,
  weightsOption,
} from '@counterweight/core';
import { lossConformance } from '@counterweight/testing';
import { expect, test } from 'vitest';

import plugin from './index.js';

lossConformance({ test, plugin });

const bce = plugin.create({});
if (bce instanceof Promise || bce.kind !== 'elementwise') throw new TypeError('weighted-bce is an elementwise loss');

/** Of 200 examples: 2, 20 and 100 positives. */
const statistics = labelStatistics(
  labelsFromRows(
    Array.from({ length: 200 }, (_, row) => [2, 20, 100].flatMap((count, c) => (row < count ? [c] : []))),
    3,
  ),
  Int32Array.from({ length: 200 }, (_, row) => row),
);

test('without weights it is −ln p and −ln (1 − p), also in the far tail', () => {
  const curves = bce.curves(LOGIT, { epoch: 0 });
  const { positive, negative } = evaluateCurves(curves, Float64Array.of(0, 2, -30));
  expect(positive[0]).toBeCloseTo(Math.LN2, 15);
  expect(positive[1]).toBeCloseTo(Math.log1p(Math.exp(-2)), 15);
  expect(negative[2]! / Math.exp(-30)).toBeCloseTo(1, 12);
});

test('its default weights are negatives over positives', () => {
  const option = weightsOption.parse(plugin.weights);
  const { weights } = resolveWeights(option, statistics, () => new Float64Array());
  expect([...weights.positive!]).toEqual([99, 9, 1]);
  expect(weights.negative).toBeUndefined();
});

test('weighted by the ratio, a class at its prior has the raw value ½: the case’s threefold predictions', () => {
  const { weights } = resolveWeights(weightsOption.parse(plugin.weights), statistics, () => new Float64Array());
  for (const bias of outputBias(weighted(bce, weights), statistics.prior)) expect(bias).toBeCloseTo(0, 9);
});

test('unweighted, the output bias is the logit of the prior', () => {
  const biases = outputBias(bce, statistics.prior);
  biases.forEach((bias, c) => expect(bias).toBeCloseTo(logit(statistics.prior[c]!), 9));
});

test('a weight is no option of its own', () => {
  expect(plugin.options.safeParse({ posWeight: 3 }).success).toBe(false);
});
