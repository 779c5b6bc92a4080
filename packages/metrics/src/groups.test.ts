import { labelsFromRows, labelStatistics } from '@counterweight/core';
import { expect, test } from 'vitest';

import { classGroups, groups } from './groups.js';
import { includedClasses } from './included.js';
import { ranking } from './ranking.js';
import { matrixScores } from './scores.js';

const labels = labelsFromRows([[0, 1, 2, 3], [0], []], 5);
const training = { positives: Float64Array.of(101, 100, 20, 19, 500) };
const evaluation = {
  scores: matrixScores(Float32Array.from([3, 1, 3, 3, 0, 2, 2, 2, 2, 0, 1, 3, 1, 1, 0]), 3, 5),
  labels,
  training: { ...labelStatistics(labels, Int32Array.of(0, 1, 2)), ...training },
  threshold: 0.5,
};

test('head is above its limit, tail below its own, both limits are medium', () => {
  expect(classGroups(training)).toEqual(['head', 'medium', 'medium', 'tail', 'head']);
  expect(classGroups(training, { head: 19, tail: 19 })).toEqual(['head', 'head', 'head', 'medium', 'head']);
});

test('a group is averaged over its classes with a positive', async () => {
  expect(groups(await ranking(evaluation), training)).toEqual({
    head: { classes: 1, averagePrecision: 1 },
    medium: { classes: 2, averagePrecision: (1 / 3 + 1) / 2 },
    tail: { classes: 1, averagePrecision: 1 },
  });
});

test('classes that are not included are in no group', async () => {
  const included = includedClasses(training, labels, { train: 100, test: 1 });
  expect(included).toEqual(Uint8Array.of(1, 1, 0, 0, 0));
  expect(groups(await ranking({ ...evaluation, included }), training)).toEqual({
    head: { classes: 1, averagePrecision: 1 },
    medium: { classes: 1, averagePrecision: 1 / 3 },
    tail: { classes: 0, averagePrecision: null },
  });
});

test('minimum positives of 0 include every class', () => {
  expect(includedClasses(training, labels, { train: 0, test: 0 })).toEqual(new Uint8Array(5).fill(1));
  expect(includedClasses(training, labels, { train: 0, test: 2 })).toEqual(Uint8Array.of(1, 0, 0, 0, 0));
});
