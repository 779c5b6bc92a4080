import { expect, test } from 'vitest';

import { normalQuantile } from './normal-quantile.js';

// Python 3.11: [statistics.NormalDist().inv_cdf(p) for p in …]
test.each([
  [1e-10, -6.361340902404056],
  [1e-5, -4.2648907939228256],
  [0.01, -2.3263478740408408],
  [0.3, -0.5244005127080407],
  [0.5, 0],
  [0.975, 1.9599639845400536],
  [1 - 1e-7, 5.199337582290662],
])('Φ⁻¹(%f) = %f', (p, x) => {
  expect(normalQuantile(p)).toBeCloseTo(x, 13);
});

test('equally spaced quantiles have the moments of N(0, 1), and rise', () => {
  const n = 100_000;
  const x = Float64Array.from({ length: n }, (_, i) => normalQuantile((i + 0.5) / n));
  const moment = (power: number): number => x.reduce((sum, value) => sum + value ** power, 0) / n;
  expect([1, 2, 3, 4].map(moment).map((value) => Math.round(value * 100) / 100 + 0)).toEqual([0, 1, 0, 3]);
  expect(x.every((value, i) => i === 0 || value > x[i - 1]!)).toBe(true);
});
