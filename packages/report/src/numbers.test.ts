import { expect, test } from 'vitest';

import { logTicks } from './log-ticks.js';
import { count, difference, duration, mean, median, plain, ratio, score } from './numbers.js';

test.each([
  [score(0.43849), '0.438'],
  [score(null), '–'],
  [score(Number.NaN), '–'],
  [difference(-0.176), '−0.176'],
  [difference(0.02), '+0.020'],
  [ratio(0.484), '0.48'],
  [ratio(12.24), '12.2'],
  [ratio(4389.4), '4,389'],
  [count(1104), '1,104'],
  [duration(4.26), '4.3 s'],
  [duration(48.3), '48 s'],
  [duration(119.7), '2 min 0 s'],
  [plain(745), '745'],
  [plain(0.43849), '0.438'],
])('%s stands as %s', (shown, expected) => {
  expect(shown).toBe(expected);
});

test('mean and median of nothing are undefined', () => {
  expect([mean([]), median([])]).toEqual([null, null]);
  expect([mean([1, 2, 6]), median([6, 1, 2])]).toEqual([3, 2]);
});

test('log ticks: 1, 2, 5 in a short range, powers of ten in a long one', () => {
  expect(logTicks(0.3, 30)).toEqual([0.5, 1, 2, 5, 10, 20]);
  expect(logTicks(0.001, 900)).toEqual([0.001, 0.01, 0.1, 1, 10, 100]);
});
