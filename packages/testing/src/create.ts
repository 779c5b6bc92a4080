import {
  LABEL_STATISTICS,
  LOGGER,
  randomStream,
  RANDOM,
  type AnyPlugin,
  type DrawSampler,
  type ElementwiseLoss,
  type Kind,
  type Kinds,
  type LabelStatistics,
  type MineSampler,
  type z,
} from '@counterweight/core';

import { errors } from './errors.js';

/** Creates what a plugin makes, its options parsed and its dependencies the kit's. */
async function create<K extends Kind>(
  plugin: AnyPlugin<K>,
  options: unknown,
  statistics: LabelStatistics,
): Promise<Kinds[K]> {
  const silent = { info: () => undefined, warn: () => undefined };
  const given = new Map<symbol, unknown>([
    [LABEL_STATISTICS, statistics],
    [RANDOM, randomStream(0).fork(plugin.name)],
    [LOGGER, silent],
  ]);
  const tokens = plugin.inject as readonly symbol[];
  const dependencies = tokens.map((token) => {
    if (!given.has(token)) throw errors['kit-lacks-dependency']({ token: String(token) });
    return given.get(token);
  });
  return plugin.create((plugin.options as z.ZodType).parse(options), ...dependencies);
}

/** @throws kit-lacks-kind for a batch loss */
export async function createLoss(
  plugin: AnyPlugin<'loss'>,
  options: unknown,
  statistics: LabelStatistics,
): Promise<ElementwiseLoss> {
  const loss = await create(plugin, options, statistics);
  if (loss.kind !== 'elementwise')
    throw errors['kit-lacks-kind']({ found: `a ${loss.kind} loss`, expected: 'an elementwise loss' });
  return loss;
}

/** @throws kit-lacks-kind for a sampler that draws */
export async function createMiner(
  plugin: AnyPlugin<'sampler'>,
  options: unknown,
  statistics: LabelStatistics,
): Promise<MineSampler> {
  const sampler = await create(plugin, options, statistics);
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
  const sampler = await create(plugin, options, statistics);
  if (sampler.kind !== 'draw')
    throw errors['kit-lacks-kind']({ found: 'a sampler that mines', expected: 'a sampler that draws' });
  return sampler;
}
