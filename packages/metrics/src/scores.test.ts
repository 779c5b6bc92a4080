import { labelsFromRows, labelStatistics, type Scores } from '@counterweight/core';
import { expect, test } from 'vitest';

import { averagePrecision } from './average-precision.js';
import { decisions } from './decisions.js';
import { f1 } from './f1.js';
import { groups } from './groups.js';
import { precisionAtK } from './precision-at-k.js';
import { ranking } from './ranking.js';
import { matrixScores } from './scores.js';

const [ROWS, COLUMNS] = [600, 7900];
const labels = labelsFromRows(
  Array.from({ length: ROWS }, (_, row) => [row % 50, 50 + (row % 7)]),
  COLUMNS,
);
const training = labelStatistics(
  labels,
  Int32Array.from({ length: ROWS }, (_, row) => row),
);
const scoreAt = (row: number, column: number): number => ((row * 31 + column * 17) % 101) - 50;

/** Scores that are never all in memory: every block is written over the one before. */
function reusing(asked: number[]): Scores {
  const memory = new Float32Array(2 ** 22);
  return {
    rows: ROWS,
    columns: COLUMNS,
    block: (from, to) => {
      asked.push(to - from);
      const values = memory.subarray(0, (to - from) * COLUMNS);
      for (let i = 0; i < values.length; i++) values[i] = scoreAt(from + Math.floor(i / COLUMNS), i % COLUMNS);
      return values;
    },
  };
}

test('scores are read in blocks of at most 4 million, twice for a ranking and once otherwise, and none is kept', async () => {
  const whole = matrixScores(
    Float32Array.from({ length: ROWS * COLUMNS }, (_, i) => scoreAt(Math.floor(i / COLUMNS), i % COLUMNS)),
    ROWS,
    COLUMNS,
  );
  const asked: number[] = [];
  const scores = reusing(asked);
  const rowsRead = (): number => asked.splice(0).reduce((sum, rows) => sum + rows, 0);
  const all = { labels, training, threshold: 0.5 };

  const ranked = await ranking({ ...all, scores });
  expect(Math.max(...asked) * COLUMNS).toBeLessThanOrEqual(2 ** 22);
  expect(rowsRead()).toBe(2 * ROWS);
  const expected = await ranking({ ...all, scores: whole });
  expect(averagePrecision(ranked)).toEqual(averagePrecision(expected));
  expect(groups(ranked, training)).toEqual(groups(expected, training));
  expect(asked).toEqual([]);

  expect(f1(await decisions({ ...all, scores }))).toEqual(f1(await decisions({ ...all, scores: whole })));
  expect(rowsRead()).toBe(ROWS);
  expect(await precisionAtK({ ...all, scores }, 3)).toEqual(await precisionAtK({ ...all, scores: whole }, 3));
  expect(rowsRead()).toBe(ROWS);
});
