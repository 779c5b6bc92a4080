import { labelsFromRows, labelStatistics } from '@counterweight/core';
import { expect, test } from 'vitest';

import { decisions } from './decisions.js';
import { prevalenceRatio } from './prevalence-ratio.js';
import { matrixScores } from './scores.js';

const labels = labelsFromRows([[0], [0, 1], []], 2);
const training = labelStatistics(labels, Int32Array.of(0, 1, 2));
const scores = matrixScores(Float32Array.of(2, -1, 3, 4, 0, -5), 3, 2);

test('the counts of a case small enough to count by hand', async () => {
  const counted = await decisions({ scores, labels, training, threshold: 0.5 });
  expect(counted).toMatchObject({
    threshold: 0.5,
    positives: Float64Array.of(2, 1),
    decided: Float64Array.of(3, 1), // a logit of 0 is a probability of one half: decided
    hits: Float64Array.of(2, 1),
  });
  expect(prevalenceRatio(counted).values.decided).toBe(4 / 3);
});

test('a threshold per class replaces the one; an infinite one decides nothing', async () => {
  const counted = await decisions({
    scores,
    labels,
    training,
    threshold: 0.5,
    thresholds: Float64Array.of(0.95, Infinity),
  });
  expect(counted.decided).toEqual(Float64Array.of(1, 0));
  expect(prevalenceRatio(counted).values.threshold).toBeNull();
});

test('scores can be probabilities, then summed as they are', async () => {
  const probabilities = matrixScores(Float32Array.of(0.5, 0.25, 1, 0.75, 0, 0.125), 3, 2);
  const counted = await decisions({ scores: probabilities, labels, training, threshold: 0.75 }, (p) => p);
  expect(counted.summed).toEqual(Float64Array.of(1.5, 1.125));
  expect(counted.decided).toEqual(Float64Array.of(1, 1));
});

test('a NaN score names its row and class', async () => {
  const broken = matrixScores(Float32Array.of(2, -1, NaN, 4, 0, -5), 3, 2);
  await expect(decisions({ scores: broken, labels, training, threshold: 0.5 })).rejects.toMatchObject({
    code: 'not-finite',
    found: 'NaN at row 1, class index 0',
  });
});
