import {
  LABEL_STATISTICS,
  type AnyPlugin,
  type BatchLoss,
  type DrawSampler,
  type ElementwiseLoss,
  type Kind,
  type Kinds,
  type LabelStatistics,
  type MineSampler,
  type z,
} from '@counterweight/core';

import { errors } from './errors.js';
import { surroundings, type Given } from './surroundings.js';

/**
 * Creates what a plugin makes, its options parsed and its dependencies the kit's.
 * @param given instead of the kit's own values for these tokens
 * @throws kit-lacks-dependency
 */
export async function create<K extends Kind>(
  plugin: AnyPlugin<K>,
  options: unknown,
  given: readonly Given[] = [],
): Promise<Kinds[K]> {
  const known = new Map<symbol, unknown>([...surroundings(plugin), ...given]);
  const tokens = plugin.inject as readonly symbol[];
  const dependencies = tokens.map((token) => {
    if (!known.has(token)) throw errors['kit-lacks-dependency']({ token, known: [...known.keys()] });
    return known.get(token);
  });
  return plugin.create((plugin.options as z.ZodType).parse(options), ...dependencies);
}

/** @throws kit-lacks-kind for a batch loss */
export async function createLoss(
  plugin: AnyPlugin<'loss'>,
  options: unknown,
  statistics: LabelStatistics,
): Promise<ElementwiseLoss> {
  const loss = await create(plugin, options, [[LABEL_STATISTICS, statistics]]);
  if (loss.kind !== 'elementwise')
    throw errors['kit-lacks-kind']({ found: `a ${loss.kind} loss`, expected: 'an elementwise loss' });
  return loss;
}

/** @throws kit-lacks-kind for an elementwise loss */
export async function createBatchLoss(
  plugin: AnyPlugin<'loss'>,
  options: unknown,
  statistics: LabelStatistics,
): Promise<BatchLoss> {
  const loss = await create(plugin, options, [[LABEL_STATISTICS, statistics]]);
  if (loss.kind !== 'batch')
    throw errors['kit-lacks-kind']({ found: `an ${loss.kind} loss`, expected: 'a batch loss' });
  return loss;
}

/** @throws kit-lacks-kind for a sampler that draws */
export async function createMiner(
  plugin: AnyPlugin<'sampler'>,
  options: unknown,
  statistics: LabelStatistics,
): Promise<MineSampler> {
  const sampler = await create(plugin, options, [[LABEL_STATISTICS, statistics]]);
  if (sampler.kind !== 'mine')
    throw errors['kit-lacks-kind']({ found: 'a sampler that draws', expected: 'a sampler that mines' });
  return sampler;
}

/** @throws kit-lacks-kind for a sampler that mines */
export async function createDrawer(
  plugin: AnyPlugin<'sampler'>,
  options: unknown,
  statistics: LabelStatistics,
): Promise<DrawSampler> {
  const sampler = await create(plugin, options, [[LABEL_STATISTICS, statistics]]);
  if (sampler.kind !== 'draw')
    throw errors['kit-lacks-kind']({ found: 'a sampler that mines', expected: 'a sampler that draws' });
  return sampler;
}
