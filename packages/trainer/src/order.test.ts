import { expect, test } from 'vitest';

import { randomStream, type DrawSampler } from '@counterweight/core';

import { epochOrder, epochSteps, type Drawing } from './order.js';
import { statisticsOf, tinyDataset } from './fixtures/tiny.js';

const dataset = tinyDataset({ examples: 50 });
const drawing = (samplers: DrawSampler[] = [], seed = 1): Drawing => ({
  pool: dataset.splits.train,
  samplers,
  labels: dataset.labels,
  statistics: statisticsOf(dataset),
  random: randomStream(seed),
});
const sorted = (order: Int32Array): number[] => [...order].sort((a, b) => a - b);

test('without samplers each epoch is a permutation of the pool, of its own for each epoch and seed', () => {
  const orders = [epochOrder(drawing(), 0), epochOrder(drawing(), 1), epochOrder(drawing([], 2), 0)];
  for (const order of orders) expect(sorted(order)).toEqual([...dataset.splits.train]);
  expect(new Set(orders.map(String)).size).toBe(3);
  expect(epochOrder(drawing(), 1)).toEqual(orders[1]);
  expect([...dataset.splits.train]).toEqual([...Array(50).keys()]);
});

const twice: DrawSampler = {
  kind: 'draw',
  draw: (pool, { epoch }) => Int32Array.from([...pool, ...pool.slice(0, epoch)]),
};
const even: DrawSampler = { kind: 'draw', draw: (pool) => pool.filter((example) => example % 2 === 0) };

test('samplers compose in order, and what they drew is shuffled', () => {
  const order = epochOrder(drawing([even, twice]), 2);
  expect(sorted(order)).toEqual([0, 0, 2, 2, ...[...Array(23).keys()].map((i) => 2 * i + 4)]);
  expect([...order]).not.toEqual(sorted(order));
});

test('steps are counted epoch by epoch, the last partial batch too', () => {
  expect(epochSteps(drawing(), 3, 20)).toEqual([3, 3, 3]);
  expect(epochSteps(drawing([twice]), 3, 17)).toEqual([3, 3, 4]);
});
