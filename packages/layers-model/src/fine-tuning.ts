/** What layers need so that they train fast and by a seed. */
import type { RandomStream } from '@counterweight/core';
import type { layers } from '@tensorflow/tfjs-layers';

import { isBatchNorm, normalisesChannels, trainFast } from './batch-norm.js';
import { errors } from './errors.js';

type Layer = layers.Layer;

/** Their random numbers take no seed. */
const UNSEEDED = ['GaussianNoise', 'GaussianDropout', 'AlphaDropout', 'RandomHeight', 'RandomWidth'];
const SEEDED = ['Dropout', 'SpatialDropout1D'];

/** Calls a training pass with the seeds of one step set. */
export type Seeded = <T>(random: RandomStream, compute: () => T) => T;

/**
 * Prepares the innermost layers of a network for fine-tuning.
 * @throws layers-model-layer-untrainable
 */
export function prepareTraining(layers: readonly Layer[]): Seeded {
  for (const layer of layers) {
    const refuse = (reason: string) => errors['layers-model-layer-untrainable']({ layer: layer.name, reason });
    if (UNSEEDED.includes(layer.getClassName()))
      throw refuse(`${layer.getClassName()} draws random numbers without a seed`);
    if (!isBatchNorm(layer)) continue;
    if (!normalisesChannels(layer)) throw refuse(`a batch norm over axis ${layer.axis} instead of the last`);
    trainFast(layer);
  }
  return seeded(layers.filter((layer) => SEEDED.includes(layer.getClassName())));
}

/** tfjs-layers would draw the mask from Math.random; a seed that is set is the same at every step, and is saved with the model. */
const seeded =
  (dropouts: readonly (Layer & { seed?: number })[]): Seeded =>
  (random, compute) => {
    for (const layer of dropouts) layer.seed = 1 + random.fork(layer.name).integer(2 ** 31 - 1); // 0 is no seed
    try {
      return compute();
    } finally {
      for (const layer of dropouts) delete layer.seed;
    }
  };
