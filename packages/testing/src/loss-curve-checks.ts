/** What the curves of an elementwise loss must be, in float64; strategies must hold it whatever evaluates them. */
import {
  checkMonotone,
  evaluateCurves,
  LOGIT,
  type AnyPlugin,
  type Curves,
  type CurveValues,
  type ElementwiseLoss,
} from '@counterweight/core';

import { COLUMNS, STATISTICS } from './batches.js';
import { demand, demandEqual, type Check } from './check.js';
import { createLoss } from './create.js';

const EPOCHS = [0, 1, 10];
const CLASSES = Array.from({ length: COLUMNS }, (_, c) => c);
/** Dense in the middle; off the round numbers where kinks lie. */
const GRID = Float64Array.from({ length: 341 }, (_, i) => {
  const at = (i - 170) / 170;
  return 85 * at * Math.abs(at) + (Math.abs(i - 170) === 170 ? 0 : 0.00317);
});

const curveCheck = (name: string, holds: (curves: Curves, loss: ElementwiseLoss) => void): Check<'loss'> => ({
  name,
  run: async (plugin: AnyPlugin<'loss'>, options: unknown = {}) => {
    const loss = await createLoss(plugin, options, STATISTICS);
    for (const epoch of EPOCHS) holds(loss.curves(LOGIT, { epoch }), loss);
  },
});

/** Calls back for every number of every class. */
function everywhere(
  curves: Curves,
  grid: Float64Array,
  visit: (at: CurveValues, i: number, where: string) => void,
): void {
  for (const column of CLASSES) {
    const at = evaluateCurves(curves, grid, column);
    grid.forEach((z, i) => visit(at, i, `at logit ${z.toFixed(4)}, class ${column}`));
  }
}

const finite = curveCheck('values and slopes are finite for logits from −85 to 85', (curves) =>
  everywhere(curves, GRID, (at, i, where) => {
    for (const [name, numbers] of Object.entries(at) as [keyof CurveValues, Float64Array][])
      demand(Number.isFinite(numbers[i]), `a finite ${name} ${where}`, () => `${numbers[i]}`);
  }),
);

const signs = curveCheck('losses are at least 0, positives push up and negatives push down', (curves) =>
  everywhere(curves, GRID, ({ positive, negative, positiveSlope, negativeSlope }, i, where) => {
    demand(
      positive[i]! >= 0 && negative[i]! >= 0,
      `losses of at least 0 ${where}`,
      () => `${positive[i]}, ${negative[i]}`,
    );
    demand(positiveSlope[i]! <= 0, `a slope of at most 0 for a positive ${where}`, () => `${positiveSlope[i]}`);
    demand(negativeSlope[i]! >= 0, `a slope of at least 0 for a negative ${where}`, () => `${negativeSlope[i]}`);
  }),
);

const STEP = 1e-4;
const EPSILON = 2 ** -52;
/** Below, float64 loses digits. */
const SMALLEST = 1e-300;

const slopes = curveCheck('slopes are the derivatives of the values', (curves) => {
  const shifted = (by: number): Float64Array => GRID.map((z) => z + by);
  for (const column of CLASSES) {
    const at = evaluateCurves(curves, GRID, column);
    const difference = (h: number): Difference => ({
      above: evaluateCurves(curves, shifted(h), column),
      below: evaluateCurves(curves, shifted(-h), column),
      h,
    });
    const [coarse, fine] = [difference(STEP), difference(STEP / 2)];
    for (const side of ['positive', 'negative'] as const)
      GRID.forEach((z, i) => {
        const slope = at[`${side}Slope`][i]!;
        const wanted = central(fine, side, i);
        const rounding = (8 * EPSILON * (Math.abs(fine.above[side][i]!) + Math.abs(fine.below[side][i]!))) / fine.h;
        // Large at a kink, which has no derivative.
        const change = Math.abs(central(coarse, side, i) - wanted);
        demand(
          Math.abs(slope - wanted) <= 1e-5 * Math.abs(wanted) + 2 * change + rounding + SMALLEST,
          `the ${side} curve's slope ${wanted} at logit ${z.toFixed(4)}, class ${column} (central difference)`,
          () => `${slope}`,
        );
      });
  }
});

interface Difference {
  readonly above: CurveValues;
  readonly below: CurveValues;
  readonly h: number;
}
const central = ({ above, below, h }: Difference, side: 'positive' | 'negative', i: number): number =>
  (above[side][i]! - below[side][i]!) / (2 * h);

const link = curveCheck('the inverse link rises, or the loss declares that it has none', (curves, loss) => {
  if (loss.link !== 'none') checkMonotone(curves, Int32Array.from(CLASSES));
});

const pure: Check<'loss'> = {
  name: 'curves are a pure function of the logit and the epoch',
  run: async (plugin, options = {}) => {
    const loss = await createLoss(plugin, options, STATISTICS);
    const at = (epoch: number): CurveValues => evaluateCurves(loss.curves(LOGIT, { epoch }), GRID, 3);
    const first = EPOCHS.map(at);
    const again = EPOCHS.toReversed().map(at).toReversed();
    first.forEach((values, i) => {
      for (const name of Object.keys(values) as (keyof CurveValues)[])
        demandEqual(`${name} of epoch ${EPOCHS[i]}, asked again`, again[i]![name], values[name]);
    });
  },
};

export const curveChecks: readonly Check<'loss'>[] = [finite, signs, slopes, link, pure];
