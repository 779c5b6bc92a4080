import {
  csr,
  labelsFromRows,
  labelStatistics,
  randomStream,
  samplerEffect,
  sparseLabels,
  type SparseLabels,
} from '@counterweight/core';
import { drawConformance } from '@counterweight/testing';
import { expect, test } from 'vitest';

import { classPower } from './class-power.js';
import plugin from './index.js';
import { classFactors, exampleFactors, repeatFactor } from './repeat-factor.js';

drawConformance({
  test,
  plugin,
  options: [
    { rule: 'repeatFactor', threshold: 0.2 },
    { rule: 'repeatFactor' },
    { rule: 'classPower' },
    { rule: 'classPower', exponent: 0.5 },
  ],
});

/** 100 rows: class 0 in 64, class 1 in 4, class 2 in one (row 99, alone there), class 3 in none; row 98 without labels. */
const labels = labelsFromRows(
  Array.from({ length: 100 }, (_, row) => [
    ...(row < 64 ? [0] : []),
    ...(row < 4 ? [1] : []),
    ...(row === 99 ? [2] : []),
  ]),
  4,
);
const pool = Int32Array.from({ length: 100 }, (_, row) => row);
const context = (of: SparseLabels, epoch = 0) => ({
  epoch,
  labels: of,
  statistics: labelStatistics(of, pool),
  random: randomStream(1).fork(epoch),
});

test('repeat factors: √(t/f) for rare classes, 1 for others, the largest of a row', () => {
  const factors = classFactors(pool, labels, 0.16);
  expect([...factors]).toEqual([1, 2, 4, 1]);
  const examples = exampleFactors(pool, labels, 0.16);
  expect([examples[0], examples[10], examples[98], examples[99]]).toEqual([2, 1, 1, 4]);
});

test('a share is of known entries, and a soft target is that much of a positive', () => {
  const positives = { ...csr([[0], [0], [], []], 1), values: Float32Array.of(0.25, 0.75) };
  const masked = sparseLabels({ rows: 4, columns: 1, positives, exceptions: csr([[], [], [0], [0]], 1) });
  const four = Int32Array.of(0, 1, 2, 3);
  expect(classFactors(four, masked, 0.75)[0]).toBeCloseTo(Math.sqrt(0.75 / (1 / 2)), 12);
  const q = classPower({ exponent: 0 }).probabilities!(four, {
    labels: masked,
    statistics: labelStatistics(masked, four),
  });
  expect([...q]).toEqual([0.25, 0.75, 0, 0]);
});

test('an unlabelled row is not drawn even by the lowest number', () => {
  const lowest = { ...randomStream(0), uniform: () => 0 };
  const first = Int32Array.of(98, 99);
  expect([...classPower({ exponent: 0 }).draw(first, { ...context(labels), random: lowest })]).toEqual([99, 99]);
});

test('whole repeats are exact in every epoch, fractions come out right on average', () => {
  const count = (drawn: Int32Array, example: number) => drawn.filter((x) => x === example).length;
  const whole = repeatFactor({ threshold: 0.16 }).draw(pool, context(labels));
  expect(whole).toHaveLength(100 + 4 + 3);
  expect([count(whole, 0), count(whole, 10), count(whole, 99)]).toEqual([2, 1, 4]);
  const epochs = Array.from({ length: 400 }, (_, epoch) =>
    count(repeatFactor({ threshold: 0.25 }).draw(pool, context(labels, epoch)), 1),
  );
  expect(new Set(epochs)).toEqual(new Set([2, 3]));
  expect(epochs.reduce((a, b) => a + b, 0) / 400).toBeCloseTo(2.5, 1);
});

test('class power 0 gives every class that has examples the same share; unlabelled rows are never drawn', () => {
  const q = classPower({ exponent: 0 }).probabilities!(pool, context(labels));
  expect(q[99]).toBeCloseTo(1 / 3, 12);
  expect(q[98]).toBe(0);
  expect(q[0]).toBeCloseTo(1 / 3 / 64 + 1 / 3 / 4, 12);
  const drawn = classPower({ exponent: 0 }).draw(pool, context(labels));
  expect(drawn).toHaveLength(100);
  expect(drawn).not.toContain(98);
});

test('class power 1 draws a row in proportion to its labels', () => {
  const q = classPower({ exponent: 1 }).probabilities!(pool, context(labels));
  expect(q[0]! / q[10]!).toBeCloseTo(2, 12);
});

test('with many labels per row a class gains (1 − π)/C and no more', () => {
  const random = randomStream(4);
  const [rows, columns, prior] = [2000, 200, 0.1];
  const many = labelsFromRows(
    Array.from({ length: rows }, () =>
      Array.from({ length: columns }, (_, c) => c).filter(() => random.uniform() < prior),
    ),
    columns,
  );
  const all = Int32Array.from({ length: rows }, (_, row) => row);
  const at = { ...context(many), statistics: labelStatistics(many, all) };
  const { gain } = samplerEffect(all, classPower({ exponent: 0 }).probabilities!(all, at), many);
  const mean = gain.reduce((a, b) => a + b, 0) / columns;
  // π′ = 1/C + (1 − 1/C)·π, so the gain is 1 + (1 − π)/(π·C) = 1.045 here.
  expect(mean).toBeCloseTo(1 + (1 - prior) / (prior * columns), 2);
});

test('a pool without labels is refused', () => {
  const bare = labelsFromRows([[], []], 2);
  const two = Int32Array.of(0, 1);
  expect(() => classPower({ exponent: 0 }).draw(two, context(bare))).toThrow('pool-without-labels');
});

test('options belong to their rule', () => {
  expect(plugin.options.parse({ rule: 'repeatFactor' })).toEqual({ rule: 'repeatFactor', threshold: 0.001 });
  expect(plugin.options.parse({ rule: 'classPower' })).toEqual({ rule: 'classPower', exponent: 0 });
  expect(plugin.options.safeParse({ rule: 'classPower', threshold: 0.1 }).success).toBe(false);
  expect(plugin.options.safeParse({}).success).toBe(false);
  expect(plugin.options.safeParse({ rule: 'repeatFactor', threshold: 0 }).success).toBe(false);
});
