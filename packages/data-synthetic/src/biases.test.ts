import { logit, randomStream, sigmoid } from '@counterweight/core';
import { expect, test } from 'vitest';

import { biases } from './biases.js';

const chances = Float64Array.of(0.001, 0.01125, 0.15, 0.5, 0.9);

test.each([0.1, 1, 2.3, 5, 10])(
  'at strength %f the mean probability is the prior: Simpson’s rule, 20,000 steps',
  (s) => {
    biases(chances, s).forEach((bias, c) => {
      const steps = 20_000;
      let mean = 0;
      for (let i = 0; i <= steps; i++) {
        const g = -10 + (20 * i) / steps;
        const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
        mean +=
          (weight * (20 / steps) * sigmoid(bias + s * g) * Math.exp(-(g ** 2) / 2)) / (3 * Math.sqrt(2 * Math.PI));
      }
      expect(mean / chances[c]!).toBeCloseTo(1, 9);
    });
  },
);

test('the same by drawing, within four standard errors', () => {
  const random = randomStream(1);
  const draws = Float64Array.from({ length: 100_000 }, () => random.normal());
  biases(chances, 2.3).forEach((bias, c) => {
    const values = draws.map((g) => sigmoid(bias + 2.3 * g));
    const mean = values.reduce((total, value) => total + value, 0) / draws.length;
    const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / draws.length;
    expect(Math.abs(mean - chances[c]!)).toBeLessThan(4 * Math.sqrt(variance / draws.length));
  });
});

test('without strength the bias is the prior’s logit', () => {
  biases(chances, 0).forEach((bias, c) => {
    expect(bias).toBeCloseTo(logit(chances[c]!), 9);
  });
});
