import { expect, test } from 'vitest';

import { resultText } from './result-text.js';

const split = {
  averagePrecision: { macro: 0.25, micro: null, weighted: 0.5, classes: 3, excluded: 1 },
  groups: {
    head: { classes: 0, averagePrecision: null },
    medium: { classes: 2, averagePrecision: 0.25 },
    tail: { classes: 1, averagePrecision: 0.25 },
  },
};
const metrics = { validation: split, test: split, chance: { averagePrecision: { macro: 0.1, micro: 0.1 } } };
const took = { steps: 12, seconds: 75 };

test('average precision, chance, groups, time and folder', () => {
  expect(resultText('runs/1', { ...metrics, ...took }, 7.5).split('\n')).toEqual([
    'test AP   macro 0.2500  micro undefined  over 3 classes (1 left out)',
    'chance    macro 0.1000  micro 0.1000',
    'groups    head undefined (0)  medium 0.2500 (2)  tail 0.2500 (1)',
    'trained   12 steps in 1:15, 10.0 % of it waiting for inputs',
    'folder    runs/1',
    '',
  ]);
});

test('every other metric that the manifest names, a stranger’s too; values by group stay in metrics.json', () => {
  const others = {
    f1: { macro: 0.5, micro: null },
    precisionAtK: { k: 5, precision: 0.123456 },
    'balanced-accuracy': { macro: 0.75, byGroup: { head: 1 } },
    byGroupOnly: { each: { head: 1 } },
  };
  const text = resultText('runs/1', { ...metrics, ...took, test: { ...split, ...others } });
  expect(text).toContain('\nf1        macro 0.5000  micro undefined\n');
  expect(text).toContain('\nprecisionAtK k 5  precision 0.1235\n');
  expect(text).toContain('\nbalanced-accuracy macro 0.7500\n');
  expect(text).not.toMatch(/byGroup/);
});
