import type { z } from 'zod';

import { errors } from './errors.js';
import { LABEL_STATISTICS, LOGGER, RANDOM, tokenName, type Token } from './injection.js';
import type { LabelStatistics } from './labels.js';
import type { Loss } from './loss.js';
import type { AnyPlugin, Kind, Kinds, Plugin } from './plugin.js';
import { randomStream } from './random.js';
import { resolveWeights, weighted, weightsOption, type WeightsOption } from './weights.js';

/** A dependency that a plugin is given: `[LABEL_STATISTICS, statistics]`. */
export type Given = readonly [token: Token<unknown>, value: unknown];

/** The options of a plugin as they are written; may be left out where all have defaults. */
export type OptionsOf<P extends AnyPlugin> = P extends Plugin<Kind, infer Options> ? z.input<Options> : never;

/**
 * What a plugin makes, outside of a run: options checked, defaults filled in.
 *
 * @param given what it injects. LOGGER (silent) and RANDOM (of seed 0) need not be given
 * @throws plugin-needs; a ZodError for wrong options; what the plugin throws
 * @example
 * const sampler = await createFrom(oversample, { rule: 'classPower' });
 */
export async function createFrom<P extends AnyPlugin>(
  plugin: P,
  options: OptionsOf<P>,
  given: readonly Given[] = [],
): Promise<Kinds[P['kind']]> {
  const silent = { info: () => undefined, warn: () => undefined };
  const known = new Map<symbol, unknown>([[LOGGER, silent], [RANDOM, randomStream(0).fork(plugin.name)], ...given]);
  const typed = plugin as unknown as Plugin<P['kind']>;
  const parsed = typed.options.parse(options);
  const dependencies = typed.inject.map((token) => {
    if (!known.has(token)) throw errors['plugin-needs']({ plugin: plugin.name, what: tokenName(token) });
    return known.get(token);
  });
  return typed.create(parsed, ...dependencies);
}

/**
 * A loss with its weights, outside of a run: for `asTfjsLoss` or a training loop of your own.
 *
 * @param about `statistics`: of the labels that are trained on (`labelStatistics`), for a plugin that injects LABEL_STATISTICS and
 *   for weights. `weights`: of an elementwise loss, as in a manifest; default: the plugin's own, which may be `none`
 * @throws plugin-needs, weights-on-batch-loss, weight-table-unread; a ZodError for wrong options; what the plugin throws
 * @example
 * const loss = await createLoss(focal, { gamma: 2 }, { statistics, weights: { positive: { rule: 'ratio' } } });
 */
export async function createLoss<P extends AnyPlugin<'loss'>>(
  plugin: P,
  options: OptionsOf<P>,
  {
    statistics,
    weights,
    given = [],
  }: {
    readonly statistics?: LabelStatistics;
    readonly weights?: WeightsOption;
    readonly given?: readonly Given[];
  } = {},
): Promise<Loss> {
  const loss = await createFrom(plugin, options, [
    ...(statistics ? [[LABEL_STATISTICS, statistics] as const] : []),
    ...given,
  ]);
  const wanted = weightsOption.parse(weights ?? plugin.weights ?? 'none');
  if (wanted === 'none') return loss;
  if (loss.kind === 'batch') throw errors['weights-on-batch-loss']({ use: plugin.name });
  if (!statistics) throw errors['plugin-needs']({ plugin: plugin.name, what: tokenName(LABEL_STATISTICS) });
  const resolved = resolveWeights(wanted, statistics, (file) => {
    // Reading files is the runner's.
    throw errors['weight-table-unread']({ file });
  });
  return weighted(loss, resolved.weights);
}
