import { expect, test } from 'vitest';

import { labelsFromRows, labelStatistics, type SparseLabels } from './labels.js';
import { randomStream } from './random.js';
import { chainEffect, describeSamplerEffect, drawEpoch, samplerEffect } from './sampler-effect.js';
import type { DrawSampler } from './sampler.js';

const pool = (labels: SparseLabels): Int32Array => Int32Array.from({ length: labels.rows }, (_, i) => i);
const few = labelsFromRows([[0], [0], [0], [1]], 2);
/** Every example of class 1 twice. */
const twice: DrawSampler = {
  kind: 'draw',
  draw: (from) => Int32Array.from([...from].flatMap((i) => (few.positives.classes[i] === 1 ? [i, i] : [i]))),
};

test('uniform draws change nothing', () => {
  const effect = samplerEffect(pool(few), new Float64Array(4).fill(0.25), few);
  expect([...effect.gain]).toEqual([1, 1]);
  expect(effect.effectiveSampleSize).toBeCloseTo(4, 12);
  expect(effect.totalVariation).toBe(0);
  expect(effect.expectedDistinct).toBeCloseTo(4 * (1 - 0.75 ** 4), 12);
});

test('counted draws give the prior that the loss will see; a second sampler draws from the first one’s', () => {
  const statistics = labelStatistics(few, pool(few));
  const once = chainEffect([twice], pool(few), few, statistics, randomStream(1));
  expect(once.effect.sampledPrior[1]).toBeCloseTo(2 / 5, 12);
  expect(once.statistics.sampledPrior[1]).toBeCloseTo(2 / 5, 12);
  expect(once.statistics.prior[1]).toBe(statistics.prior[1]);
  const again = chainEffect([twice, twice], pool(few), few, statistics, randomStream(1));
  expect(again.effect.sampledPrior[1]).toBeCloseTo(4 / 7, 12);
});

test('an example outside the pool and an empty draw are named', () => {
  const context = { epoch: 0, labels: few, statistics: labelStatistics(few, pool(few)), random: randomStream(1) };
  const bad = (drawn: number[]): DrawSampler => ({ kind: 'draw', draw: () => Int32Array.from(drawn) });
  expect(() => drawEpoch([bad([9])], pool(few), context)).toThrow('example 9');
  expect(() => drawEpoch([bad([])], pool(few), context)).toThrow('no example');
});

test('the words: many labels per example cannot be helped, few can', () => {
  const describe = (labels: SparseLabels, sampler: DrawSampler): string => {
    const statistics = labelStatistics(labels, pool(labels));
    return describeSamplerEffect(
      chainEffect([sampler], pool(labels), labels, statistics, randomStream(1)).effect,
      statistics,
    ).join('\n');
  };
  expect(describe(few, twice)).toContain('1 of the 1 classes below the median prior gain');
  const random = randomStream(5);
  const many = labelsFromRows(
    Array.from({ length: 400 }, () => [...Array(60).keys()].filter(() => random.uniform() < 0.4)),
    60,
  );
  const classZeroTwice: DrawSampler = {
    kind: 'draw',
    draw: (from) =>
      Int32Array.from(
        [...from].flatMap((i) => (many.positives.classes[many.positives.offsets[i]!] === 0 ? [i, i] : [i])),
      ),
  };
  expect(describe(many, classZeroTwice)).toContain('at 24 labels per example drawing examples cannot help');
});
