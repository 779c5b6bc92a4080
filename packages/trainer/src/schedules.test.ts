import fc from 'fast-check';
import { expect, test } from 'vitest';

import { learningRateAt, scheduleOptions, type Schedule } from './schedules.js';

const PEAK = 0.4;
const TOTAL = 100;
const rates = (schedule: Schedule, total = TOTAL): number[] =>
  Array.from({ length: total }, (_, i) => learningRateAt(schedule, PEAK, i + 1, total));
const parse = (options: object): Schedule => scheduleOptions.parse(options);

test('the default is a cosine after a warm-up of one step in twenty', () => {
  expect(parse({})).toEqual({ name: 'cosine', warmup: 0.05 });
});

test.each(['cosine', 'constant', 'step'])('%s rises in equal steps to the peak at the end of the warm-up', (name) => {
  expect(rates(parse({ name })).slice(0, 6)).toEqual(
    [0.08, 0.16, 0.24, 0.32, 0.4, 0.4].map((rate) => expect.closeTo(rate, 12) as number),
  );
});

test('cosine: half the peak midway between warm-up and end, nearly 0 at the last step, 0 after it', () => {
  const schedule = parse({ warmup: 0.2 });
  expect(learningRateAt(schedule, PEAK, 61, TOTAL)).toBeCloseTo(PEAK / 2, 12);
  expect(learningRateAt(schedule, PEAK, TOTAL, TOTAL)).toBeCloseTo(
    (PEAK * (1 + Math.cos((Math.PI * 79) / 80))) / 2,
    12,
  );
  expect(learningRateAt(schedule, PEAK, TOTAL + 1, TOTAL)).toBeCloseTo(0, 12);
});

test('constant stays at the peak', () => {
  expect(rates(parse({ name: 'constant' })).slice(5)).toEqual(new Array(95).fill(PEAK));
});

test('step drops by its factor after each share', () => {
  const schedule = parse({ name: 'step', warmup: 0, at: [0.5, 0.75], factor: 0.1 });
  const wanted = [PEAK, PEAK, PEAK * 0.1, PEAK * 0.1, PEAK * 0.01];
  [1, 50, 51, 75, 76].forEach((step, i) =>
    expect(learningRateAt(schedule, PEAK, step, TOTAL)).toBeCloseTo(wanted[i]!, 12),
  );
});

test('a rate is never 0, never above the peak, for any warm-up and length', () => {
  const schedules = fc.record({
    name: fc.constantFrom('cosine', 'constant', 'step'),
    warmup: fc.double({ min: 0, max: 0.99, noNaN: true }),
  });
  fc.assert(
    fc.property(schedules, fc.integer({ min: 1, max: 300 }), (options, total) =>
      rates(parse(options), total).every((rate) => rate > 0 && rate <= PEAK),
    ),
  );
});
