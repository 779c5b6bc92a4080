import { labelsFromRows, labelStatistics } from '@counterweight/core';
import { expect, test } from 'vitest';

import { precisionAtK } from './precision-at-k.js';
import { matrixScores } from './scores.js';

const labels = labelsFromRows([[0], [1, 2]], 3);
const training = labelStatistics(labels, Int32Array.of(0, 1));
const scores = matrixScores(Float32Array.of(1, 1, 0, 3, 2, 1), 2, 3);
const evaluation = { scores, labels, training, threshold: 0.5 };

test('a tie for the first rank counts one half', async () => {
  expect((await precisionAtK(evaluation, 1)).values).toEqual({ k: 1, precision: 0.25 });
  expect((await precisionAtK(evaluation, 2)).values).toEqual({ k: 2, precision: 0.5 });
});

test('k of all classes is labels per example over classes', async () => {
  expect((await precisionAtK(evaluation, 3)).values.precision).toBe(0.5);
});

test.each([0, 4, 1.5, NaN])('k = %s of 3 classes is refused, its range named', async (k) => {
  await expect(precisionAtK(evaluation, k)).rejects.toMatchObject({
    code: 'k-out-of-range',
    exit: 2,
    expected: 'a whole number from 1 to 3, the number of classes',
  });
});

test('a NaN score names its row and class', async () => {
  const broken = { ...evaluation, scores: matrixScores(Float32Array.of(1, 1, 0, 3, 2, NaN), 2, 3) };
  await expect(precisionAtK(broken, 1)).rejects.toMatchObject({ found: 'NaN at row 1, class index 2' });
});
