/** Gradients against differences of float32 values. */

/**
 * Halves of the distance between the two points of a central difference. A long one loses digits to curvature and kinks, a short
 * one to rounding; a slope that is wrong agrees with none.
 */
const STEPS = [2 ** -4, 2 ** -6, 2 ** -9, 2 ** -12, 2 ** -2];
/** Up to here the differences to the two sides are alike, unless there is a kink between them. */
const SHORT = 2 ** -6;
/** Some operations in float32. */
const ROUNDING = 8 * 2 ** -24;

export interface Slope {
  /** Derivative of `value` at 0, as a plugin or tfjs has it; at a kink any between those of its two sides. */
  readonly slope: number;
  /** How much counts as nothing: say, a thousandth of the largest slope. */
  readonly absolute: number;
}

/**
 * The central difference that is nearest to a slope, and whether one agrees.
 * @param value of a shift along the direction of the slope
 */
export async function nearestDifference(
  value: (shift: number) => number | Promise<number>,
  { slope, absolute }: Slope,
): Promise<{ readonly difference: number; readonly agrees: boolean }> {
  const centre = await value(0);
  let nearest = NaN;
  for (const h of STEPS) {
    const [above, below] = [await value(h), await value(-h)];
    const difference = (above - below) / (2 * h);
    const sides = h > SHORT ? [difference] : [(above - centre) / h, (centre - below) / h];
    const tolerance = 0.005 * Math.abs(slope) + absolute + (ROUNDING * (Math.abs(above) + Math.abs(below))) / h;
    if (slope >= Math.min(...sides) - tolerance && slope <= Math.max(...sides) + tolerance)
      return { difference, agrees: true };
    if (!(Math.abs(difference - slope) >= Math.abs(nearest - slope))) nearest = difference;
  }
  return { difference: nearest, agrees: false };
}
