import { existsSync, readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { evaluateCurves, inverseLink, logit, outputBias, type Curves } from './curves.js';
import { LOGIT, perClass, sigmoidPow, type Expression } from './expression.js';
import type { ElementwiseLoss } from './loss.js';
import { weighted } from './weights.js';

const z = LOGIT;
const bce: Curves = { positive: z.neg().softplus(), negative: z.softplus() };
const focal = (gamma: number): Curves => ({
  positive: sigmoidPow(z.neg(), gamma).mul(z.neg().softplus()),
  negative: sigmoidPow(z, gamma).mul(z.softplus()),
});
const elementwise = (curves: Curves): ElementwiseLoss => ({ kind: 'elementwise', curves: () => curves });

/** The losses of the reference file, written as an author would, from strategies' formulas. */
const losses: Record<string, (p: Record<string, number | boolean | null>) => Curves> = {
  bce: ({ posWeight = 1, negWeight = 1 }) => ({
    positive: z.neg().softplus().mul(Number(posWeight)),
    negative: z.softplus().mul(Number(negWeight)),
  }),
  focal: ({ gamma, alpha }) => ({
    positive: (focal(Number(gamma)).positive as Expression).mul(alpha === null ? 1 : Number(alpha)),
    negative: (focal(Number(gamma)).negative as Expression).mul(alpha === null ? 1 : 1 - Number(alpha)),
  }),
  asl: ({ gammaPos, gammaNeg, clip, detachFocus }) => {
    const over = z.sigmoid().sub(Number(clip)).max(0);
    const focus = (x: Expression): Expression => (detachFocus === true ? x.constant() : x);
    return {
      positive: focus(sigmoidPow(z.neg(), Number(gammaPos))).mul(z.neg().softplus()),
      negative:
        clip === 0
          ? focus(sigmoidPow(z, Number(gammaNeg))).mul(z.softplus())
          : focus(over.pow(Number(gammaNeg))).mul(over.neg().log1p().neg()),
    };
  },
  poly1: ({ epsilon, gamma }) => ({
    positive: sigmoidPow(z.neg(), Number(gamma))
      .mul(z.neg().softplus())
      .add(sigmoidPow(z.neg(), Number(gamma) + 1).mul(Number(epsilon))),
    negative: sigmoidPow(z, Number(gamma))
      .mul(z.softplus())
      .add(sigmoidPow(z, Number(gamma) + 1).mul(Number(epsilon))),
  }),
  hill: ({ lambda, margin, gamma }) => {
    const [p, q, m] = [z.sigmoid(), z.neg().sigmoid(), z.sub(Number(margin)).neg()];
    return {
      positive: sigmoidPow(m, Number(gamma)).mul(m.softplus()),
      negative: {
        value: q.add(Number(lambda) - 1).mul(p.pow(2)),
        slope: p
          .pow(2)
          .mul(q)
          .mul(q.mul(3).add(2 * Number(lambda) - 3)),
      },
    };
  },
};

const file = new URL('../../../../shared/reference/losses.json', import.meta.url);
test.skipIf(!existsSync(file))('all reference curves are met to 1e-9 (skips without ../shared)', () => {
  interface Case {
    loss: string;
    params: Record<string, number | boolean | null>;
    l1: number[];
    l0: number[];
    g1: number[];
    g0: number[];
  }
  const { curves } = JSON.parse(readFileSync(file, 'utf8')) as { curves: { logits: number[]; cases: Case[] } };
  for (const { loss, params, ...want } of curves.cases) {
    const got = evaluateCurves(losses[loss]!(params), Float64Array.from(curves.logits));
    const pairs = [
      [got.positive, want.l1],
      [got.negative, want.l0],
      [got.positiveSlope, want.g1],
      [got.negativeSlope, want.g0],
    ] as const;
    for (const [ours, theirs] of pairs)
      theirs.forEach((x, i) =>
        expect(Math.abs(ours[i]! - x), `${loss} at ${curves.logits[i]!}`).toBeLessThanOrEqual(
          1e-300 + 1e-9 * Math.abs(x),
        ),
      );
  }
  expect(curves.cases.length).toBeGreaterThan(10);
});

test('focal: a raw 15.4 % means 1 %, and the output bias finds it', () => {
  const [raw] = outputBias(elementwise(focal(2)), Float64Array.of(0.01));
  expect(1 / (1 + Math.exp(-raw!))).toBeCloseTo(0.1536, 4);
  expect(inverseLink(focal(2), Float64Array.of(raw!))[0]).toBeCloseTo(logit(0.01), 10);
});

test('weights shift the link by ln(w1/w0); a weight on both curves cancels', () => {
  const weights = { positive: Float64Array.of(10, 1), negative: Float64Array.of(1, 4), class: Float64Array.of(7, 3) };
  const curves = weighted(elementwise(bce), weights).curves(LOGIT, { epoch: 0 });
  const link = inverseLink(curves, Float64Array.of(0.5, 0.5), [0, 1]);
  expect(link[0]).toBeCloseTo(0.5 - Math.log(10), 12);
  expect(link[1]).toBeCloseTo(0.5 + Math.log(4), 12);
  const bias = outputBias(weighted(elementwise(bce), weights), Float64Array.of(0.1, 0.2));
  expect(bias[0]).toBeCloseTo(logit(0.1) + Math.log(10), 9);
});

test('the output bias of BCE is the logit of the prior, and the first loss the entropy', () => {
  const prior = Float64Array.of(0.001, 0.3);
  const bias = outputBias(elementwise(bce), prior);
  const { positive, negative } = evaluateCurves(bce, bias, [0, 1]);
  prior.forEach((p, c) => {
    const entropy = -p * Math.log(p) - (1 - p) * Math.log(1 - p);
    expect(p * positive[c]! + (1 - p) * negative[c]!).toBeCloseTo(entropy, 9);
  });
});

test('a falling link is refused by name, unless the loss says that it has none', () => {
  const turning = losses['hill']!({ lambda: 1.5, margin: 1, gamma: 1 });
  expect(() => outputBias(elementwise(turning), Float64Array.of(0.1))).toThrow('link-not-monotone');
  expect(outputBias({ ...elementwise(turning), link: 'none' }, Float64Array.of(0.1))[0]).toBeCloseTo(logit(0.1), 12);
});

test('a loss that is flat beyond a logit has an infinite link there, and still a bias for every prior', () => {
  const curves = (z: Expression) => ({ positive: z.neg().add(2).max(0), negative: z.softplus() });
  expect([...inverseLink(curves(z), Float64Array.of(1, 3))]).toEqual([Math.log(1 / (1 + Math.exp(-1))), Infinity]);
  // The slope for a positive is −1 below 2: logit P = ln σ(z).
  const [rare, common] = outputBias({ kind: 'elementwise', curves }, Float64Array.of(0.1, 0.9));
  expect(rare).toBeCloseTo(Math.log(1 / 8), 9); // σ(z) = 1/9
  expect(common).toBeCloseTo(2, 9);
  const falling = (z: Expression) => ({ positive: z.add(2).max(0).neg(), negative: z.softplus() });
  expect(() => outputBias({ kind: 'elementwise', curves: falling }, Float64Array.of(0.1))).toThrow('link-not-monotone');
});

test('the bias reaches to ±30 for weights of any size', () => {
  const weights = Float64Array.of(1e6, 1e12, 1e18, 1e-18);
  const bias = outputBias(weighted(elementwise(bce), { positive: weights }), Float64Array.of(1e-6, 0.9, 0.5, 0.5));
  const wanted = [logit(1e-6) + Math.log(1e6), logit(0.9) + Math.log(1e12), 30, -30];
  wanted.forEach((b, c) => expect(bias[c]).toBeCloseTo(b, 9));
});

test('a weight of 0 leaves no link; a negative one is refused with its index', () => {
  expect(weighted(elementwise(bce), { positive: Float64Array.of(0) }).link).toBe('none');
  expect(() => weighted(elementwise(bce), { positive: Float64Array.of(1, -2) })).toThrow('positive[1] = -2');
});

test('tables are read by class', () => {
  const curves = { positive: z.mul(perClass(Float64Array.of(1, 2, 3))), negative: z };
  expect([...evaluateCurves(curves, Float64Array.of(1, 1), [2, 0]).positive]).toEqual([3, 1]);
});
