import { z } from 'zod';

import type { Curve, Curves } from './curves.js';
import { slope, value } from './curves.js';
import { errors } from './errors.js';
import { perClass, type Expression } from './expression.js';
import type { Effect } from './interactions.js';
import type { LabelStatistics } from './labels.js';
import type { ElementwiseLoss } from './loss.js';
import { pathOption } from './path-option.js';
import { sameOrigin } from './plugin-origin.js';

/** Factors per class, [classes] each: on the positive curve, on the negative one, on both. */
export interface ClassWeights {
  readonly positive?: Float64Array;
  readonly negative?: Float64Array;
  readonly class?: Float64Array;
}

const cap = z.number().positive().optional().describe('Upper bound, after any normalisation.');
const beta = z.number().gt(0).lt(1).default(0.9999).describe('Effective number E(n) = (1 − βⁿ)/(1 − β).');
const weightRule = z.union([
  z.number().min(0),
  z.strictObject({ table: pathOption('file').describe('CSV `class,weight`, every class once.') }),
  z.discriminatedUnion('rule', [
    z.strictObject({ rule: z.literal('ratio'), cap }),
    z.strictObject({ rule: z.literal('power'), exponent: z.number().min(0).max(1).default(0.5), cap }),
    z.strictObject({ rule: z.literal('log2'), cap }),
    z.strictObject({ rule: z.literal('effectiveRatio'), beta, cap }),
    z.strictObject({ rule: z.literal('classBalanced'), beta, cap }),
  ]),
]);

/** The reserved key `weights` of an elementwise loss's entry in a manifest. */
export const weightsOption = z.union([
  z.literal('none'),
  z.strictObject({ positive: weightRule.optional(), negative: weightRule.optional(), class: weightRule.optional() }),
]);
export type WeightRule = z.input<typeof weightRule>;
export type WeightsOption = z.input<typeof weightsOption>;
/** A rule on counts, with its defaults. */
export type CountRule = Exclude<z.output<typeof weightRule>, number | { table: string }>;

/**
 * What a rule makes of the counts n of N examples, after clamping n to [1, N − 1]; r = (N − n)/n.
 * ratio r; power rˢ; log2 log₂(1 + r); effectiveRatio E(N − n)/E(n); classBalanced 1/E(n) with mean 1 (Cui et al. 2019, §3–4).
 * @returns [classes], and how many counts were clamped
 */
export function weightsFromCounts(
  rule: CountRule,
  { positives, known }: Pick<LabelStatistics, 'positives' | 'known'>,
): { readonly weights: Float64Array; readonly clamped: number } {
  let clamped = 0;
  const total = (c: number): number => Math.max(known[c]!, 2);
  const counts = positives.map((n, c) => {
    const inside = Math.min(Math.max(n, 1), total(c) - 1);
    if (inside !== n) clamped++;
    return inside;
  });
  const weights = byRule(rule, counts, total);
  const limit = rule.cap ?? Infinity;
  return { weights: weights.map((w) => Math.min(w, limit)), clamped };
}

function byRule(rule: CountRule, counts: Float64Array, total: (c: number) => number): Float64Array {
  const ratio = counts.map((n, c) => (total(c) - n) / n);
  switch (rule.rule) {
    case 'ratio':
      return ratio;
    case 'power':
      return ratio.map((r) => r ** rule.exponent);
    case 'log2':
      return ratio.map((r) => Math.log1p(r) / Math.LN2);
    case 'effectiveRatio':
      return counts.map((n, c) => effectiveNumber(total(c) - n, rule.beta) / effectiveNumber(n, rule.beta));
    case 'classBalanced': {
      const inverse = counts.map((n) => 1 / effectiveNumber(n, rule.beta));
      const mean = inverse.reduce((a, b) => a + b, 0) / inverse.length;
      return inverse.map((w) => w / mean);
    }
  }
}

/** (1 − βⁿ)/(1 − β), by expm1: small n keep their digits. */
const effectiveNumber = (n: number, beta: number): number => -Math.expm1(n * Math.log(beta)) / (1 - beta);

/** The numbers behind a `weights` entry. `readTable` answers [classes] for a table's path. */
export function resolveWeights(
  option: z.output<typeof weightsOption>,
  statistics: LabelStatistics,
  readTable: (path: string) => Float64Array,
): { readonly weights: ClassWeights; readonly clamped: number } {
  if (option === 'none') return { weights: {}, clamped: 0 };
  let clamped = 0;
  const numbers = (rule: z.output<typeof weightRule>): Float64Array => {
    if (typeof rule === 'number') return new Float64Array(statistics.positives.length).fill(rule);
    if ('table' in rule) return readTable(rule.table);
    const made = weightsFromCounts(rule, statistics);
    clamped = Math.max(clamped, made.clamped);
    return made.weights;
  };
  const weights = {
    ...(option.positive !== undefined && { positive: numbers(option.positive) }),
    ...(option.negative !== undefined && { negative: numbers(option.negative) }),
    ...(option.class !== undefined && { class: numbers(option.class) }),
  };
  return { weights, clamped };
}

/** What a `weights` entry does, for the plan: class weights act on both curves and move no probability. */
export const weightEffects = (option: z.output<typeof weightsOption>): readonly Effect[] =>
  option === 'none' || (option.positive === undefined && option.negative === undefined) ? [] : ['positive-weight'];

/**
 * A loss with its curves multiplied, so that the calibrated probability follows by itself: logit P falls by
 * ln(positive/negative). A weight of 0 on one side leaves no inverse link.
 * @throws weight-invalid
 */
export function weighted(loss: ElementwiseLoss, weights: ClassWeights): ElementwiseLoss {
  const { positive, negative, class: both } = weights;
  if (!positive && !negative && !both) return loss;
  Object.entries(weights).forEach(([name, values]) => {
    checkWeights(name, values as Float64Array);
  });
  const factor = (own?: Float64Array): Expression | undefined => {
    const product = own && both ? own.map((w, c) => w * both[c]!) : (own ?? both);
    return product && perClass(product);
  };
  const [onPositive, onNegative] = [factor(positive), factor(negative)];
  const zero = [positive, negative, both].some((values) => values?.includes(0));
  return {
    ...loss,
    ...sameOrigin(loss),
    curves: (logit, time): Curves => {
      const curves = loss.curves(logit, time);
      return { positive: times(curves.positive, onPositive), negative: times(curves.negative, onNegative) };
    },
    ...(zero && { link: 'none' as const }),
  };
}

const times = (curve: Curve, factor: Expression | undefined): Curve => {
  if (!factor) return curve;
  return 'value' in curve ? { value: value(curve).mul(factor), slope: slope(curve).mul(factor) } : curve.mul(factor);
};

function checkWeights(name: string, values: Float64Array): void {
  const index = values.findIndex((w) => !(w >= 0 && w < Infinity));
  if (index >= 0) throw errors['weight-invalid']({ name, index, value: values[index]! });
}
