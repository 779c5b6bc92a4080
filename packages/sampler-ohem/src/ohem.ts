import type { MineSampler } from '@counterweight/core';
import * as tf from '@tensorflow/tfjs-core';

import { candidates, mark } from './candidates.js';
import { keepHardest } from './keep-hardest.js';
import type { OhemOptions } from './options.js';
import { layout, scopes } from './scopes.js';

/**
 * Online hard example mining on label entries: keeps every known positive and, of each scope's known negatives, the
 * k = max(minNegatives, ⌈ratio · positives⌉) with the largest loss; ties to the lower row, then the lower column. After
 * Shrivastava et al. 2016 (without suppression of neighbours: label entries have none); the ratio is Liu et al.'s (2016, SSD,
 * §2.2). A soft target above 0 is a positive.
 *
 * The selection is no `topk`: k may be a tenth of all entries, and a threshold needs no order among them.
 */
export const ohem = ({ scope, denominator, startEpoch, ...limits }: OhemOptions): MineSampler => ({
  kind: 'mine',
  startEpoch,
  mine: ({ losses, batch: { labels } }) => {
    const [rows, columns] = losses.shape;
    const byClass = scope === 'class';
    const values = (byClass ? tf.transpose(losses) : losses).dataSync<'float32'>();
    const at = layout(scope, labels);

    const hardness = candidates(values, labels, at);
    const kept = new Float32Array(values.length);
    const scratch = new Float32Array(values.length);
    for (const part of scopes(scope, labels)) keepHardest(hardness, part, limits, kept, scratch);
    mark(kept, labels.positives, at, () => 1);

    const weights = byClass ? tf.transpose(tf.tensor2d(kept, [columns, rows])) : tf.tensor2d(kept, [rows, columns]);
    return { weights, denominator };
  },
});
