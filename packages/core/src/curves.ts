import { errors } from './errors.js';
import { evaluate } from './evaluate.js';
import { LOGIT, type Expression, type Operations } from './expression.js';
import type { Loss } from './loss.js';
import { originOf, type PluginOrigin } from './plugin-origin.js';
import { derivative } from './slope.js';

/** An expression, whose slope is derived, or both written out. */
export type Curve = Expression | { readonly value: Expression; readonly slope: Expression };
/** The loss of one entry, by its logit, if the entry is a positive and if it is a negative. */
export interface Curves {
  readonly positive: Curve;
  readonly negative: Curve;
}

export const value = (curve: Curve): Expression => ('value' in curve ? curve.value : curve);
export const slope = (curve: Curve): Expression => ('value' in curve ? curve.slope : derivative(curve));

/** Expressions on vectors in float64. Element i has the logit `logits[i]` and belongs to class `columns[i]`. */
export function vectorOperations(logits: Float64Array, columns: ArrayLike<number>): Operations<Float64Array | number> {
  const map =
    (f: (a: number) => number) =>
    (a: Float64Array | number): Float64Array | number =>
      typeof a === 'number' ? f(a) : a.map(f);
  const zip = (a: Float64Array | number, b: Float64Array | number, f: (a: number, b: number) => number) => {
    if (typeof a !== 'number') return typeof b === 'number' ? a.map((x) => f(x, b)) : a.map((x, i) => f(x, b[i]!));
    return typeof b === 'number' ? f(a, b) : b.map((y) => f(a, y));
  };
  return {
    logit: () => logits,
    number: (x) => x,
    perClass: (values) => logits.map((_, i) => values[columns[i]!]!),
    unary: (name, a) => map(UNARY[name])(a),
    power: (a, k) => map((x) => x ** k)(a),
    binary: (name, a, b) => zip(a, b, BINARY[name]),
    where: (condition, a, b) => {
      const at = (x: Float64Array | number, i: number): number => (typeof x === 'number' ? x : x[i]!);
      return typeof condition === 'number'
        ? condition === 0
          ? b
          : a
        : condition.map((yes, i) => (yes === 0 ? at(b, i) : at(a, i)));
    },
  };
}

export const sigmoid = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
const UNARY = {
  neg: (x: number) => -x,
  exp: Math.exp,
  log1p: Math.log1p,
  expm1: Math.expm1,
  tanh: Math.tanh,
  softplus: (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  sigmoid,
};
const BINARY = {
  add: (a: number, b: number) => a + b,
  sub: (a: number, b: number) => a - b,
  mul: (a: number, b: number) => a * b,
  div: (a: number, b: number) => a / b,
  max: (a: number, b: number) => (a > b ? a : b),
  min: (a: number, b: number) => (b > a ? a : b),
  greater: (a: number, b: number) => (a > b ? 1 : 0),
};

/** The four functions of an elementwise loss in float64, at `logits[i]` for class `columns[i]` (one class: its index). */
export interface CurveValues {
  readonly positive: Float64Array;
  readonly negative: Float64Array;
  readonly positiveSlope: Float64Array;
  readonly negativeSlope: Float64Array;
}

export function evaluateCurves(
  { positive, negative }: Curves,
  logits: Float64Array,
  columns: ArrayLike<number> | number = 0,
): CurveValues {
  const classes = typeof columns === 'number' ? new Int32Array(logits.length).fill(columns) : columns;
  const roots = [value(positive), value(negative), slope(positive), slope(negative)];
  const [l1, l0, g1, g0] = evaluate(roots, vectorOperations(logits, classes)).map((result) =>
    typeof result === 'number' ? new Float64Array(logits.length).fill(result) : result,
  ) as [Float64Array, Float64Array, Float64Array, Float64Array];
  return { positive: l1, negative: l0, positiveSlope: g1, negativeSlope: g0 };
}

/**
 * The calibrated logit at a raw one, where the loss is at its optimum: logit P = ln g0 − ln(−g1), from
 * P·g1 + (1 − P)·g0 = 0. −Infinity where the loss is flat for negatives (ASL's clip), Infinity where it is flat for positives.
 */
export function inverseLink(
  curves: Curves,
  logits: Float64Array,
  columns: ArrayLike<number> | number = 0,
): Float64Array {
  const { positiveSlope, negativeSlope } = evaluateCurves(curves, logits, columns);
  return negativeSlope.map((g0, i) => Math.log(g0) - Math.log(-positiveSlope[i]!));
}

export const logit = (p: number): number => Math.log(p) - Math.log1p(-p);

const REACH = 30;

/**
 * The output bias whose calibrated value is the prior (Lin et al. 2017, §4.1, generalised to any link): the first loss is then
 * the entropy of the priors. By bisection on [−30, 30]; logit of the prior where the loss has no link.
 * @param prior [classes] in (0, 1)
 * @throws link-not-monotone where the loss claims a link and has none
 */
export function outputBias(loss: Loss, prior: Float64Array): Float64Array {
  const wanted = prior.map(logit);
  if (loss.kind === 'batch' || loss.link === 'none') return wanted;
  const curves = loss.curves(LOGIT, { epoch: 0 });
  const columns = Int32Array.from(prior.keys());
  checkMonotone(curves, columns, originOf(loss));
  let low = prior.map(() => -REACH);
  let high = prior.map(() => REACH);
  for (let i = 0; i < 60; i++) {
    const middle = low.map((a, c) => (a + high[c]!) / 2);
    const reached = inverseLink(curves, middle, columns);
    low = low.map((a, c) => (reached[c]! < wanted[c]! ? middle[c]! : a));
    high = high.map((b, c) => (reached[c]! < wanted[c]! ? b : middle[c]!));
  }
  return low.map((a, c) => (a + high[c]!) / 2);
}

/**
 * @param origin of the loss, for the error
 * @throws link-not-monotone at the first logit of a grid over [−30, 30] where the link falls
 */
export function checkMonotone(curves: Curves, columns: Int32Array, origin?: PluginOrigin): void {
  let before: Float64Array = new Float64Array(columns.length).fill(-Infinity);
  for (let at = -REACH; at <= REACH; at += 0.5) {
    const link = inverseLink(curves, new Float64Array(columns.length).fill(at), columns);
    const bad = link.findIndex((x, c) => {
      const rounding = Number.isFinite(before[c]!) ? 1e-9 * Math.abs(before[c]!) : 0;
      return !(x >= before[c]! - rounding); // NaN too
    });
    if (bad >= 0) {
      const particulars = { logit: at, column: columns[bad]!, use: origin?.use };
      throw errors['link-not-monotone'](particulars, origin?.place && { place: origin.place });
    }
    before = link;
  }
}
