import * as tf from '@tensorflow/tfjs-core';

import { outputBias, type LabelStatistics, type Loss, type Model } from '@counterweight/core';

/**
 * Sets the output bias so that the first prediction is the prior of what training will see (Lin et al. 2017, §4.1, through the
 * loss's own link): the first epochs need not learn the priors.
 * @throws link-not-monotone
 */
export function initialiseHead(
  model: Pick<Model, 'head'>,
  loss: Loss,
  statistics: Pick<LabelStatistics, 'sampledPrior'>,
): void {
  const bias = Float32Array.from(outputBias(loss, statistics.sampledPrior));
  tf.tidy(() => {
    model.head.bias.assign(tf.tensor1d(bias));
  });
}
