import type { z } from 'zod';

import type { Callback } from './callback.js';
import type { Dataset, Inputs, InputSource } from './dataset.js';
import type { Token } from './injection.js';
import type { Effect } from './interactions.js';
import type { Loss } from './loss.js';
import type { Calibrator, Metric } from './metric.js';
import type { Model } from './model.js';
import type { Optimizer } from './optimizer.js';
import type { Sampler } from './sampler.js';
import type { WeightsOption } from './weights.js';

/** What each kind of plugin creates. */
export interface Kinds {
  loss: Loss;
  sampler: Sampler;
  model: Model;
  dataset: Dataset;
  metric: Metric;
  calibrator: Calibrator;
  optimizer: Optimizer;
  callback: Callback;
}
export type Kind = keyof Kinds;

type Values<Tokens extends readonly Token<unknown>[]> = {
  [Index in keyof Tokens]: Tokens[Index] extends Token<infer T> ? T : never;
};

/** The version of this contract; the runner refuses a plugin that was made for another. */
export const CONTRACT = 1;

/** What a plugin package exports by default, alone or in an array: a value; importing it does nothing else. */
export interface Plugin<
  K extends Kind = Kind,
  Options extends z.ZodType = z.ZodType,
  Tokens extends readonly Token<unknown>[] = readonly Token<unknown>[],
> {
  readonly contract: typeof CONTRACT;
  readonly kind: K;
  /** Unscoped: the NAME of `PACKAGE#NAME`. */
  readonly name: string;
  /** A strict object: validation, defaults, types, JSON Schema and docs. */
  readonly options: Options;
  /** What `create` receives after its options, in this order. */
  readonly inject: Tokens;
  /** Kind loss, elementwise: the default of the manifest's reserved key `weights`. Absent: `none`. */
  readonly weights?: WeightsOption;
  /** What this strategy changes, so that the plan can warn when two change the same thing (`interactions.ts`). */
  effects?(options: z.output<Options>): readonly Effect[];
  /** Kind dataset: examples without labels, read as `create` reads the labelled ones; `predict` needs it. */
  inputs?(options: z.output<Options>, source: InputSource): Inputs | Promise<Inputs>;
  create(options: z.output<Options>, ...dependencies: Values<Tokens>): Kinds[K] | Promise<Kinds[K]>;
}

/** Any plugin of a kind, whatever its options and dependencies. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- methods of different options are not comparable
export type AnyPlugin<K extends Kind = Kind> = Plugin<K, any, any>;

/**
 * Makes a plugin. A wrong dependency, kind or option does not compile.
 *
 * @example
 * export default definePlugin({
 *   kind: 'loss', name: 'bce', options: z.strictObject({}),
 *   create: () => ({ kind: 'elementwise', curves: (logit) => ({ positive: logit.neg().softplus(), negative: logit.softplus() }) }),
 * });
 */
export function definePlugin<
  K extends Kind,
  Options extends z.ZodType,
  const Tokens extends readonly Token<unknown>[] = readonly [],
>(plugin: {
  kind: K;
  name: string;
  options: Options;
  inject?: Tokens;
  weights?: WeightsOption;
  effects?(options: z.output<Options>): readonly Effect[];
  inputs?(options: z.output<Options>, source: InputSource): Inputs | Promise<Inputs>;
  create(options: z.output<Options>, ...dependencies: Values<Tokens>): Kinds[K] | Promise<Kinds[K]>;
}): Plugin<K, Options, Tokens> {
  return { contract: CONTRACT, inject: [] as unknown as Tokens, ...plugin };
}
