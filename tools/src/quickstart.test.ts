import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';
import { parse } from 'yaml';

import { ROOT } from './packages.js';
import { quickstartSummary, summaryTable } from './quickstart-summary.js';

const FOLDER = join(ROOT, 'examples', 'quickstart');
const manifests = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => readFileSync(join(FOLDER, file), 'utf8'));

test('the five manifests differ in their strategy alone: loss and samplers', () => {
  expect(manifests).toHaveLength(5);
  const rest = manifests.map((text) => {
    const { loss, samplers, ...others } = parse(text) as Record<string, unknown>;
    expect(loss).toBeDefined();
    expect(samplers === undefined || Array.isArray(samplers)).toBe(true);
    return JSON.stringify(others);
  });
  expect(new Set(rest).size).toBe(1);
});

test('no two of them differ in more than two lines, comments aside', () => {
  const lines = manifests.map((text) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#')));
  for (const one of lines)
    for (const other of lines) expect(one.filter((line) => !other.includes(line)).length).toBeLessThan(3);
});

const run = {
  name: 'bce',
  macro: 0.4381,
  micro: 0.548,
  classes: 745,
  byClass: new Map<string, number>(),
  everyClass: { macro: 0.26, classes: 2729 },
  decided: 0.48,
  threshold: 0.5,
  summed: null,
  groups: { head: 0.5, medium: 0.4, tail: 0.4 },
  f1: { macro: 0.2, micro: 0.4 },
  steps: 1104,
  seconds: 48.2,
  keptRatio: 445,
};

test('summary.json has the scores of every strategy beside chance and ridge', () => {
  const summary = quickstartSummary([run], { macro: 0.015, micro: 0.01 }, { macro: 0.391, micro: 0.42 });
  expect(summary).toEqual({
    strategies: {
      bce: {
        averagePrecision: { macro: 0.4381, micro: 0.548 },
        prevalenceRatio: { decided: 0.48, summed: null },
        steps: 1104,
        seconds: 48.2,
      },
    },
    chance: { averagePrecision: { macro: 0.015, micro: 0.01 } },
    ridge: { averagePrecision: { macro: 0.391, micro: 0.42 } },
  });
  expect(summaryTable(summary).split('\n')).toEqual([
    '                 macro AP  micro AP  decided  summed  steps  seconds',
    'bce                 0.438     0.548     0.48       –   1104       48',
    'ridge on pixels     0.391     0.420',
    'chance              0.015     0.010',
  ]);
});
