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

test.each([true, false])(
  'the first step, alone of its kind, tells no rate and no time left (terminal: %s)',
  (isTTY) => {
    let text = '';
    const stream = { isTTY, columns: 0, write: (more: string) => (text += more) };
    const progress = new Progress({ epochs: 3, steps: 3 }, stream);
    progress.batchEnd({ ...batch, epoch: 0, step: 1 });
    progress.epochEnd({ ...epoch, epoch: 0, step: 1 });
    expect(text).toContain('epoch 1/3  loss 0.5000');
    expect(text).not.toMatch(/NaN|Infinity|steps\/s|left/);
  },
);

test('a terminal that does not know how wide it is has 80 columns', () => {
  let text = '';
  const progress = new Progress({ epochs: 2, steps: 4 }, { isTTY: true, columns: 0, write: (more) => (text += more) });
  progress.batchEnd({ ...batch, epoch: 0, step: 1 });
  expect(text).toMatch(/loss 0\.5000$/);
});

test.each([
  [0, '0:00'],
  [75, '1:15'],
  [3600 + 61, '1:01:01'],
])('%d seconds are %s', (seconds, expected) => {
  expect(clock(seconds)).toBe(expected);
});
