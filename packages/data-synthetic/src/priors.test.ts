import { expect, test } from 'vitest';

import { priors } from './priors.js';

const rarest = 0.01125;
const commonest = 0.15;
const ofCase = (classes: number): Float64Array =>
  priors({ classes, labelsPerExample: (130 * classes) / 7_900, rarest, commonest });
const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

test('the case: sum 130, and the distribution that the recipe was tried with', () => {
  const found = ofCase(7_900);
  expect(sum(found)).toBeCloseTo(130, 9);
  expect([found[0], found.at(-1)]).toEqual([rarest, commonest]);
  const percentile = (share: number): number => 100 * found[Math.round(share * 7_899)]!;
  expect(percentile(0.5)).toBeCloseTo(1.4, 2);
  expect(percentile(0.9)).toBeCloseTo(2.34, 2);
  expect(percentile(0.99)).toBeCloseTo(4.8, 1);
  expect(found.filter((prior) => prior > 0.05)).toHaveLength(71);
  expect(found.filter((prior) => prior > 0.1)).toHaveLength(6);
});

// k as solved for in the recipe, to its digits.
test.each([
  [7_900, 3.1399],
  [790, 3.18],
  [395, 3.234],
])('%i classes: the formula at k = %f', (classes, k) => {
  ofCase(classes).forEach((prior, c) => {
    const u = c / (classes - 1);
    const formula = rarest * (1 - u * (1 - (rarest / commonest) ** k)) ** (-1 / k);
    expect(prior / formula).toBeCloseTo(1, 2);
  });
});

test.each([4.6, 10, 21, 21.2, 30, 58.9])('395 classes, %f labels per example: ascending, with that sum', (mean) => {
  const found = priors({ classes: 395, labelsPerExample: mean, rarest, commonest });
  expect(sum(found) / mean).toBeCloseTo(1, 7);
  for (let c = 1; c < 395; c++) expect(found[c]).toBeGreaterThanOrEqual(found[c - 1]!);
  expect([found[0], found.at(-1)]).toEqual([rarest, commonest]);
});
