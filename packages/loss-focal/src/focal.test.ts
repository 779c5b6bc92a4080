import { evaluateCurves, LOGIT, outputBias, type CurveValues, type ElementwiseLoss } from '@counterweight/core';
import { lossConformance } from '@counterweight/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { focal } from './focal.js';
import plugin from './index.js';

lossConformance({
  test,
  plugin,
  options: [{}, { gamma: 0 }, { gamma: 0.5 }, { gamma: 10 }, { gamma: 2, alpha: 0.25 }],
});

const at = (loss: ElementwiseLoss, ...logits: number[]): CurveValues =>
  evaluateCurves(loss.curves(LOGIT, { epoch: 0 }), Float64Array.from(logits));
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

const anyLogit = fc.double({ min: -30, max: 30, noNaN: true });
const anyAlpha = fc.double({ min: 0.01, max: 0.99, noNaN: true });
const anyGamma = fc.double({ min: 0, max: 10, noNaN: true });

test('γ = 0 is BCE', () => {
  fc.assert(
    fc.property(anyLogit, (z) => {
      const { positive, negative } = at(focal({ gamma: 0, alpha: null }), z);
      expect(positive[0]).toBe(softplus(-z));
      expect(negative[0]).toBe(softplus(z));
    }),
  );
});

test('γ = 0, α = ½ is half of BCE', () => {
  const { positive, negative } = at(focal({ gamma: 0, alpha: 0.5 }), 1.25);
  expect(positive[0]).toBeCloseTo(softplus(-1.25) / 2, 15);
  expect(negative[0]).toBeCloseTo(softplus(1.25) / 2, 15);
});

test('a negative at z is a positive at −z, with 1 − α', () => {
  fc.assert(
    fc.property(anyLogit, anyGamma, anyAlpha, (z, gamma, alpha) => {
      const [one, other] = [at(focal({ gamma, alpha }), z), at(focal({ gamma, alpha: 1 - alpha }), -z)];
      expect(one.negative[0]! / other.positive[0]!).toBeCloseTo(1, 9);
      expect(one.negativeSlope[0]! / -other.positiveSlope[0]!).toBeCloseTo(1, 9);
    }),
  );
});

test('never above BCE', () => {
  fc.assert(
    fc.property(anyLogit, anyGamma, (z, gamma) => {
      const { positive, negative } = at(focal({ gamma, alpha: null }), z);
      expect(positive[0]).toBeLessThanOrEqual(softplus(-z));
      expect(negative[0]).toBeLessThanOrEqual(softplus(z));
    }),
  );
});

test('an easy positive (p = 0.9) keeps 1 % of its BCE at γ = 2', () => {
  const z = Math.log(9);
  expect(at(focal({ gamma: 2, alpha: null }), z).positive[0]! / softplus(-z)).toBeCloseTo(0.01, 12);
});

test('the slopes are those of the paper’s formula', () => {
  const [gamma, z] = [2, 0.7];
  const [p, q] = [1 / (1 + Math.exp(-z)), 1 / (1 + Math.exp(z))];
  const { positiveSlope, negativeSlope } = at(focal({ gamma, alpha: null }), z);
  expect(positiveSlope[0]).toBeCloseTo(-(q ** gamma) * (gamma * p * softplus(-z) + q), 14);
  expect(negativeSlope[0]).toBeCloseTo(p ** gamma * (gamma * q * softplus(z) + p), 14);
});

test('where the true probability is 1 %, a focal model (γ = 2) says 15.36 %', () => {
  const [z] = outputBias(focal({ gamma: 2, alpha: null }), Float64Array.of(0.01));
  expect(1 / (1 + Math.exp(-z!))).toBeCloseTo(0.1536, 4);
});

test.each([
  [{ gamma: -1 }, 'gamma'],
  [{ gamma: 11 }, 'gamma'],
  [{ gamma: NaN }, 'gamma'],
  [{ alpha: -1 }, 'null'],
  [{ alpha: 1 }, 'null'],
])('%j is refused, and the message helps: %s', (options, hint) => {
  const { success, error } = plugin.options.safeParse(options);
  expect(success).toBe(false);
  expect(JSON.stringify(error!.issues)).toContain(hint);
});

test('it declares its focus, unless it has none', () => {
  expect(plugin.effects!({ gamma: 2, alpha: null })).toEqual(['focus']);
  expect(plugin.effects!({ gamma: 0, alpha: null })).toEqual([]);
});
