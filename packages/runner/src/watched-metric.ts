import { isCounterweightError } from '@counterweight/core';
import { requireMetric } from '@counterweight/trainer';

import { evaluateSplit, flatten } from './evaluate-split.js';
import type { Prepared } from './prepare.js';

/** Examples that metrics are asked about for their names. */
const ASKED = 8;

/**
 * Tells before training what early stopping would tell after its first epoch: that the metric it watches is none. The names
 * come from the metrics themselves, asked about a few validation examples that all score 0.
 * @throws early-stopping-metric-unknown
 */
export async function checkWatched({ manifest, dataset, statistics, metrics }: Prepared): Promise<void> {
  const { training, evaluation: settings } = manifest.settings;
  if (!training.earlyStopping) return;
  const examples = dataset.splits.validation.subarray(0, ASKED);
  const columns = dataset.classes.length;
  const zeros = {
    rows: examples.length,
    columns,
    block: (from: number, to: number) => new Float32Array((to - from) * columns),
  };
  const context = { dataset, training: statistics, metrics, settings };
  const { metrics: found } = await evaluateSplit('validation', zeros, context, examples);
  try {
    requireMetric(training.earlyStopping.metric, Object.keys(flatten(found)));
  } catch (error) {
    throw isCounterweightError(error) ? error.at(manifest.place(['training', 'earlyStopping', 'metric'])) : error;
  }
}
