/** Gradients against differences of float32 values. */

/**
 * Halves of the distance between the two points of a central difference. A long one loses digits to curvature and kinks, a short
 * one to rounding; a slope that is wrong agrees with none.
 */
const STEPS = [2 ** -4, 2 ** -6, 2 ** -2, 2 ** -9];

/** Some operations in float32. */
const ROUNDING = 8 * 2 ** -24;

export interface Slope {
  /** Derivative of `value` at 0, as a plugin or tfjs has it. */
  readonly slope: number;
  /** How much counts as nothing: say, a thousandth of the largest slope. */
  readonly absolute: number;
  /** Steps are multiples of this. Default 1. */
  readonly unit?: number;
}

/**
 * The central difference that is nearest to a slope, and whether it agrees.
 * @param value of a shift along the direction of the slope
 */
export async function nearestDifference(
  value: (shift: number) => number | Promise<number>,
  { slope, absolute, unit = 1 }: Slope,
): Promise<{ readonly difference: number; readonly agrees: boolean }> {
  let nearest = NaN;
  for (const step of STEPS) {
    const h = step * unit;
    const [above, below] = [await value(h), await value(-h)];
    const difference = (above - below) / (2 * h);
    const error = Math.abs(difference - slope);
    if (error <= 0.005 * Math.abs(slope) + absolute + (ROUNDING * (Math.abs(above) + Math.abs(below))) / h)
      return { difference, agrees: true };
    if (!(error >= Math.abs(nearest - slope))) nearest = difference;
  }
  return { difference: nearest, agrees: false };
}
