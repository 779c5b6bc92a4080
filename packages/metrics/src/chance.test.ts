import { randomStream } from '@counterweight/core';
import { expect, test } from 'vitest';

import { chanceScores } from './chance.js';

test('a row does not depend on the block that it is read in', async () => {
  const scores = chanceScores(50, 7, randomStream(2));
  const all = await scores.block(0, 50);
  expect(await scores.block(13, 29)).toEqual(all.subarray(13 * 7, 29 * 7));
  expect(await chanceScores(50, 7, randomStream(2)).block(0, 50)).toEqual(all);
  expect(await chanceScores(50, 7, randomStream(3)).block(0, 50)).not.toEqual(all);
});

test('uniform: in [0, 1), every sixteenth as often as any other, rows and neighbours uncorrelated', async () => {
  const [rows, columns] = [400, 500];
  const values = await chanceScores(rows, columns, randomStream(4)).block(0, rows);
  const counts = new Float64Array(16);
  let [neighbours, between, outside] = [0, 0, false];
  values.forEach((value, i) => {
    outside ||= value < 0 || value >= 1;
    counts[Math.floor(16 * value)]! += 1;
    neighbours += (value - 0.5) * ((values[i + 1] ?? 0.5) - 0.5);
    between += (value - 0.5) * ((values[i + columns] ?? 0.5) - 0.5);
  });
  expect(outside).toBe(false);
  const expected = values.length / 16;
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  expect(chiSquare).toBeLessThan(40); // 15 degrees of freedom: 0.05 % of seeds exceed it
  for (const covariance of [neighbours, between])
    expect(Math.abs(covariance / values.length)).toBeLessThan(4 / 12 / Math.sqrt(values.length));
});
