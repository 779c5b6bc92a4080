import fc from 'fast-check';
import { expect, test } from 'vitest';

import { cutoff, sigmoid } from './cutoff.js';

const logit = fc.oneof(fc.float({ noNaN: true }), fc.float({ min: -90, max: 90, noNaN: true }));

test('a score reaches the cutoff exactly where its probability reaches the threshold', () => {
  fc.assert(
    fc.property(logit, fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), logit.map(sigmoid)), (z, threshold) => {
      expect(z >= cutoff(threshold, sigmoid)).toBe(sigmoid(z) >= threshold);
    }),
    { numRuns: 2000 },
  );
});

test('a threshold that is the probability of a score is reached by that score and by none below', () => {
  for (const z of [-20.3, -1, -1e-3, 0, 0.1, 2.75].map(Math.fround)) {
    const found = cutoff(sigmoid(z), sigmoid);
    expect(sigmoid(found)).toBe(sigmoid(z));
    expect(found).toBeLessThanOrEqual(z);
  }
});

test('0 is reached by every score, 1 only where the probability rounds to it, more by none', () => {
  expect(cutoff(0, sigmoid)).toBe(-Infinity);
  expect(sigmoid(cutoff(1, sigmoid))).toBe(1);
  expect(cutoff(1, sigmoid)).toBeGreaterThan(36);
  expect(Infinity >= cutoff(1.5, sigmoid)).toBe(false);
});
