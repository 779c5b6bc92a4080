import { expect, test } from 'vitest';

import { labelsFromRows, labelStatistics, sparseLabels, type SparseLabels } from './labels.js';
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

test('what a sampler tells of its probabilities holds for the first of a chain only', () => {
  const telling: DrawSampler = { ...twice, probabilities: () => Float64Array.of(0.2, 0.2, 0.2, 0.4) };
  const statistics = labelStatistics(few, pool(few));
  const prior = (samplers: DrawSampler[]) =>
    chainEffect(samplers, pool(few), few, statistics, randomStream(1)).effect.sampledPrior[1];
  expect(prior([telling])).toBeCloseTo(2 / 5, 12);
  expect(prior([twice, telling])).toBeCloseTo(4 / 7, 12);
});

test('priors are of known entries and of soft targets, as those of the training split are', () => {
  const half = Float32Array.of(0.5, 1, 1);
  const positives = { offsets: Uint32Array.of(0, 1, 2, 3, 3), classes: Uint16Array.of(0, 0, 1), values: half };
  const exceptions = { offsets: Uint32Array.of(0, 0, 0, 1, 1), classes: Uint16Array.of(0) }; // (2, 0)
  const drawn = Float64Array.of(0.1, 0.2, 0.3, 0.4);
  for (const [unlisted, prior] of [
    ['negative', [(0.1 * 0.5 + 0.2) / 0.7, 0.3]],
    ['unknown', [(0.1 * 0.5 + 0.2) / 0.6, 1 - 0.5 / 1.2]], // class 1 has one known entry, drawn 4 · 0.3 times
  ] as const) {
    const labels = sparseLabels({ rows: 4, columns: 2, positives, exceptions, unlisted });
    const effect = samplerEffect(pool(labels), drawn, labels);
    prior.forEach((p, c) => expect(effect.sampledPrior[c]).toBeCloseTo(p, 12));
    expect(effect.expectedCardinality).toBeCloseTo(0.1 * 0.5 + 0.2 + 0.3, 12);
    const uniform = samplerEffect(pool(labels), new Float64Array(4).fill(0.25), labels);
    expect(uniform.sampledPrior).toEqual(labelStatistics(labels, pool(labels)).prior);
    expect([...uniform.gain]).toEqual([1, 1]);
    expect(effect.gain[0]).toBeCloseTo(prior[0] / (1.5 / 3), 12);
  }
});

test('a sampler sees the prior that those before it leave, in the plan and in training', () => {
  const statistics = labelStatistics(few, pool(few));
  const seen: number[] = [];
  const watching: DrawSampler = {
    kind: 'draw',
    draw: (from, context) => {
      seen.push(context.statistics.sampledPrior[1]!);
      return from;
    },
  };
  const chain = chainEffect([twice, watching], pool(few), few, statistics, randomStream(1));
  const planned = seen.length;
  drawEpoch(chain.samplers, pool(few), {
    epoch: 0,
    labels: few,
    statistics: chain.statistics,
    random: randomStream(1),
  });
  expect(seen).toHaveLength(planned + 1);
  for (const prior of seen) expect(prior).toBeCloseTo(2 / 5, 12);
});

test('every sampler of a chain draws from a stream of its own, another in each epoch', () => {
  const drawn: number[] = [];
  const noting: DrawSampler = {
    kind: 'draw',
    draw: (from, { random }) => {
      drawn.push(random.uniform());
      return from;
    },
  };
  const statistics = labelStatistics(few, pool(few));
  const at = (epoch: number) => ({ epoch, labels: few, statistics, random: randomStream(1) });
  for (const epoch of [0, 1, 0]) drawEpoch([noting, noting], pool(few), at(epoch));
  expect(new Set(drawn).size).toBe(4);
  expect(drawn.slice(4)).toEqual(drawn.slice(0, 2));
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

  // One class of forty gains: its only example is drawn twice, and the rest stays.
  const oneRare = labelsFromRows(
    Array.from({ length: 400 }, (_, row) => (row === 0 ? [39] : [row % 39])),
    40,
  );
  const firstTwice: DrawSampler = { kind: 'draw', draw: (from) => Int32Array.from([...from, from[0]!]) };
  const words = describe(oneRare, firstTwice);
  expect(words).toContain('1 of the 20 classes below the median prior gain more than 10 %');
  expect(words).toContain('the draw is almost uniform; with these options, at 1 labels');
  expect(words).toContain('cannot help');
});
