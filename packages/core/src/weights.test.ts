import { existsSync, readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { evaluateCurves } from './curves.js';
import { LOGIT } from './expression.js';
import type { ElementwiseLoss } from './loss.js';
import {
  resolveWeights,
  weighted,
  weightEffects,
  weightsFromCounts,
  weightsOption,
  type CountRule,
} from './weights.js';

const counts = (positives: number[], total: number) => ({
  positives: Float64Array.from(positives),
  known: new Float64Array(positives.length).fill(total),
});
const rule = (input: object): CountRule =>
  (weightsOption.parse({ positive: input }) as { positive: CountRule }).positive;

const file = new URL('../../../../shared/reference/losses.json', import.meta.url);
test.skipIf(!existsSync(file))('all reference weights are met to 1e-9 (skips without ../shared)', () => {
  type Case = { rule: string; options: object; counts: number[]; total: number } & Record<string, number[]>;
  const { weights } = JSON.parse(readFileSync(file, 'utf8')) as { weights: Case[] };
  const checked = weights.filter((w) => w.rule !== 'priors');
  for (const { rule: name, options, counts: n, total, ...want } of checked) {
    const got = weightsFromCounts(rule({ rule: name, ...options }), counts(n, total)).weights;
    (want['posWeight'] ?? want['classWeight'])!.forEach((w, c) => expect(got[c]! / w).toBeCloseTo(1, 9));
  }
  expect(checked.length).toBeGreaterThan(15);
});

test('the seed’s rule is negatives over positives, an empty class is clamped and counted', () => {
  const { weights, clamped } = weightsFromCounts(rule({ rule: 'ratio' }), counts([50, 10, 0], 100));
  expect([...weights]).toEqual([1, 9, 99]);
  expect(clamped).toBe(1);
});

test('a full class is clamped and counted; each class has a total of its own, 2 where nothing is known', () => {
  const statistics = { positives: Float64Array.of(100, 10, 0), known: Float64Array.of(100, 40, 0) };
  const { weights, clamped } = weightsFromCounts(rule({ rule: 'ratio' }), statistics);
  expect([...weights]).toEqual([1 / 99, 3, 1]);
  expect(clamped).toBe(2);
});

test.each([
  [{ class: [2, 3] }, [2, 3], [2, 3], 'exact'],
  [{ positive: [5, 7] }, [5, 7], [1, 1], 'exact'],
  [{ negative: [5, 7] }, [1, 1], [5, 7], 'exact'],
  [{ positive: [5, 7], class: [2, 3] }, [10, 21], [2, 3], 'exact'],
  [{ positive: [5, 7], negative: [1, 0.5], class: [2, 3] }, [10, 21], [2, 1.5], 'exact'],
  [{ class: [2, 0] }, [2, 0], [2, 0], 'none'],
  [{ negative: [0, 1] }, [1, 1], [0, 1], 'none'],
])(
  'weights %j multiply each curve of each class, values and slopes, derived or written out',
  (given, one, zero, link) => {
    const derived: ElementwiseLoss = {
      kind: 'elementwise',
      link: 'exact',
      curves: (z) => ({ positive: z.neg().softplus(), negative: z.softplus() }),
    };
    const written: ElementwiseLoss = {
      ...derived,
      curves: (z) => ({
        positive: { value: z.neg().softplus(), slope: z.neg().sigmoid().neg() },
        negative: { value: z.softplus(), slope: z.sigmoid() },
      }),
    };
    const weights = Object.fromEntries(Object.entries(given).map(([key, w]) => [key, Float64Array.from(w)]));
    const [logits, columns] = [Float64Array.of(-1.5, -1.5), [0, 1]];
    const plain = evaluateCurves(derived.curves(LOGIT, { epoch: 0 }), logits, columns);
    for (const loss of [derived, written]) {
      const heavy = weighted(loss, weights);
      expect(heavy.link).toBe(link);
      const got = evaluateCurves(heavy.curves(LOGIT, { epoch: 0 }), logits, columns);
      columns.forEach((c) => {
        expect(got.positive[c]).toBeCloseTo(one[c]! * plain.positive[c]!, 12);
        expect(got.positiveSlope[c]).toBeCloseTo(one[c]! * plain.positiveSlope[c]!, 12);
        expect(got.negative[c]).toBeCloseTo(zero[c]! * plain.negative[c]!, 12);
        expect(got.negativeSlope[c]).toBeCloseTo(zero[c]! * plain.negativeSlope[c]!, 12);
      });
    }
  },
);

test('limits: effectiveRatio goes to 1 and to the ratio; log2 is 1 at a prior of one half', () => {
  const n = counts([5, 20], 1000);
  const at = (beta: number) => weightsFromCounts(rule({ rule: 'effectiveRatio', beta }), n).weights;
  at(1e-12).forEach((w) => expect(w).toBeCloseTo(1, 9));
  expect(at(1 - 1e-9)[0]! / 199).toBeCloseTo(1, 5);
  expect(weightsFromCounts(rule({ rule: 'log2' }), counts([50], 100)).weights[0]).toBeCloseTo(1, 12);
});

test('classBalanced has mean 1 and falls with n; the cap comes after', () => {
  const n = counts([1, 10, 100, 500], 1000);
  const { weights } = weightsFromCounts(rule({ rule: 'classBalanced' }), n);
  expect(weights.reduce((a, b) => a + b)).toBeCloseTo(4, 12);
  expect([...weights]).toEqual([...weights].sort((a, b) => b - a));
  expect(Math.max(...weightsFromCounts(rule({ rule: 'classBalanced', cap: 2 }), n).weights)).toBe(2);
});

test('an option is numbers, tables and rules; none is nothing', () => {
  const statistics = {
    ...counts([50, 10], 100),
    prior: new Float64Array(2),
    sampledPrior: new Float64Array(2),
    labelsPerExample: 1,
  };
  const option = weightsOption.parse({ positive: { table: 'w.csv' }, negative: 2, class: { rule: 'ratio' } });
  const { weights } = resolveWeights(option, statistics, (path) => Float64Array.of(path.length, 1));
  expect(weights).toEqual({
    positive: Float64Array.of(5, 1),
    negative: Float64Array.of(2, 2),
    class: Float64Array.of(1, 9),
  });
  expect(resolveWeights('none', statistics, () => Float64Array.of())).toEqual({ weights: {}, clamped: 0 });
  expect(weightEffects('none')).toEqual([]);
  expect(weightEffects(weightsOption.parse({ class: 2 }))).toEqual([]);
  expect(weightEffects(option)).toEqual(['positive-weight']);
});

test('a misspelt rule, a key that does not belong to its rule and a negative number are refused', () => {
  for (const bad of [{ rule: 'sqrt' }, { rule: 'ratio', exponent: 0.5 }, -1, { rule: 'power', exponent: 2 }])
    expect(weightsOption.safeParse({ positive: bad }).success).toBe(false);
});
