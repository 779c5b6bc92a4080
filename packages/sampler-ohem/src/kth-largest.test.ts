import fc from 'fast-check';
import { expect, test } from 'vitest';

import { kthLargest } from './kth-largest.js';

const float = fc.oneof(fc.float({ noNaN: true }), fc.constantFrom(-Infinity, 0, -0, 1));

test('it is what sorting gives, and the first k are the largest', () => {
  fc.assert(
    fc.property(fc.array(float, { minLength: 1, maxLength: 2000 }), fc.nat(), (list, at) => {
      const values = Float32Array.from(list);
      const k = (at % values.length) + 1;
      const sorted = values.slice().sort().reverse();
      expect(kthLargest(values, values.length, k) === sorted[k - 1]).toBe(true);
      expect(
        values
          .slice(0, k)
          .sort()
          .reverse()
          .every((x, i) => x === sorted[i]),
      ).toBe(true);
    }),
  );
});

test('what lies beyond the length is left alone', () => {
  const values = Float32Array.of(1, 3, 2, 99);
  expect(kthLargest(values, 3, 1)).toBe(3);
  expect(values[3]).toBe(99);
});

test('many equal values and sorted ones, of a size at which pivots are sampled', () => {
  const n = 20_000;
  for (const value of [() => 1, (i: number) => i, (i: number) => -i, (i: number) => i % 3])
    for (const k of [1, 7, n / 2, n]) {
      const values = Float32Array.from({ length: n }, (_, i) => value(i));
      const sorted = values.slice().sort().reverse();
      expect(kthLargest(values, n, k)).toBe(sorted[k - 1]);
    }
});
