import { expect, test } from 'vitest';

import { clock } from './duration.js';
import { Progress } from './progress.js';

const batch = { loss: 0.5, keptPositives: 1, keptNegatives: 1 };
const epoch = {
  ...batch,
  learningRate: 0.1,
  seconds: 1,
  waited: 0,
  metrics: { 'averagePrecision.macro': 0.25 },
  stop: () => undefined,
};

function shown(isTTY: boolean): string {
  let text = '';
  const stream = { isTTY, columns: 60, write: (more: string) => (text += more) };
  const progress = new Progress({ epochs: 2, steps: 4 }, stream);
  for (const step of [1, 2]) progress.batchEnd({ ...batch, epoch: 0, step });
  progress.epochEnd({ ...epoch, epoch: 0, step: 2 });
  return text;
}

test('elsewhere than on a terminal: a line per epoch, without control characters', () => {
  expect(shown(false)).toMatch(
    /^epoch 1\/2 {2}loss 0\.5000 {2}validation averagePrecision\.macro 0\.2500 {2}[\d.]+ steps\/s {2}\d+:\d\d left\n$/,
  );
});

test('on a terminal: one line that rewrites itself and is never wider', () => {
  const parts = shown(true).split('\r\x1b[2K');
  expect(parts[1]).toMatch(/^epoch 1\/2 {2}step 1\/4 {2}loss 0\.5000/);
  expect(Math.max(...parts.slice(0, -1).map((line) => line.length))).toBeLessThan(60);
});

test.each([
  [0, '0:00'],
  [75, '1:15'],
  [3600 + 61, '1:01:01'],
])('%d seconds are %s', (seconds, expected) => {
  expect(clock(seconds)).toBe(expected);
});
