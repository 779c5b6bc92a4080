import type { AnyPlugin, Evaluation, Metric, MetricResult } from '@counterweight/core';

import { demand, demandClose, type Check } from './check.js';
import { create } from './create.js';
import { errors } from './errors.js';
import type { Given } from './surroundings.js';

/** Makes an instance of the metric; `given` is injected instead of the kit's own values. */
export type CreateMetric = (given?: readonly Given[]) => Promise<Metric>;

/** A law of a metric. */
export const metricCheck = (
  name: string,
  holds: (metric: Metric, another: CreateMetric) => Promise<void>,
): Check<'metric'> => ({
  name,
  run: async (plugin: AnyPlugin<'metric'>, options: unknown = {}) => {
    const another: CreateMetric = (given) => create(plugin, options, given);
    await holds(await another(), another);
  },
});

/** @throws check-failed where the metric throws */
export async function measure(metric: Metric, evaluation: Evaluation, what: string): Promise<MetricResult> {
  try {
    return await metric.compute(evaluation);
  } catch (cause) {
    throw errors['check-failed']({ expected: `a result for ${what}`, found: String(cause) }, { cause });
  }
}

/** Sums of a thousand numbers in another order, perhaps in float32. */
const SUMS = { absolute: 1e-6, relative: 1e-5 };
const BITS = { absolute: 0, relative: 0 };

/** @throws check-failed unless two results are the same but for rounding */
export const demandAlike = (what: string, got: MetricResult, want: MetricResult): void =>
  demandResult(what, got, want, SUMS);

/** @throws check-failed unless two results have the same bits */
export const demandIdentical = (what: string, got: MetricResult, want: MetricResult): void =>
  demandResult(what, got, want, BITS);

function demandResult(what: string, got: MetricResult, want: MetricResult, tolerance: typeof SUMS): void {
  demandValues(what, got, want, tolerance);
  demandNames(`${what}, perClass`, got.perClass, want.perClass);
  for (const [name, values] of Object.entries(want.perClass ?? {}))
    demandClose(`${what}: perClass.${name}`, got.perClass![name]!, values, tolerance);
}

/** Without `perClass`. @throws check-failed */
export function demandValues(what: string, got: MetricResult, want: MetricResult, tolerance = SUMS): void {
  demandNames(`${what}, values`, got.values, want.values);
  for (const [name, value] of Object.entries(want.values)) {
    const found = got.values[name] ?? null;
    if (typeof found === 'number' && typeof value === 'number')
      demandClose(`${what}: ${name}`, [found], [value], tolerance);
    else demand(found === value, `${what}: ${name} = ${String(value)}`, () => String(found));
  }
}

/** @throws check-failed unless both have the same names */
export function demandNames(what: string, got: object = {}, want: object = {}): void {
  const names = (of: object): string => Object.keys(of).sort().join(', ') || 'none';
  demand(names(got) === names(want), `${what}: ${names(want)}`, () => names(got));
}
