import { bisect } from './bisect.js';

/**
 * The classes' priors, ascending from `rarest` to `commonest`, in sum the labels per example:
 * π(u) = a·[1 − u(1 − (a/b)^k)]^(−1/k), u = c/(C − 1), k solved for. The larger k, the more classes are near the rarest.
 * @returns [classes]
 */
export function priors(of: {
  readonly classes: number;
  readonly labelsPerExample: number;
  readonly rarest: number;
  readonly commonest: number;
}): Float64Array {
  const { classes, labelsPerExample, rarest, commonest } = of;
  const at = (k: number): Float64Array =>
    Float64Array.from({ length: classes }, (_, c) => priorAt(c / (classes - 1), k, rarest, commonest));
  const sum = (k: number): number => at(k).reduce((total, prior) => total + prior, 0);
  return at(bisect((k) => labelsPerExample - sum(k), -STEEPEST, STEEPEST));
}

/** At this k all classes but one are within 0.002 % of an end. */
const STEEPEST = 1e6;

/** Written so that neither (a/b)^k nor its inverse overflows. */
function priorAt(u: number, k: number, a: number, b: number): number {
  if (u === 0) return a;
  if (u === 1) return b;
  if (Math.abs(k) < 1e-8) return a * (b / a) ** u; // the limit; nearer to 0 the power −1/k is rounding only
  return k > 0
    ? a * (1 - u + u * (a / b) ** k) ** (-1 / k) //
    : b * ((1 - u) * (a / b) ** -k + u) ** (-1 / k);
}
