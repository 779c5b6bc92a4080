import { definePlugin, z } from '@counterweight/core';

import { binaryCrossEntropy } from './weighted-bce.js';

const options = z.strictObject({});

/** Binary cross-entropy, positives weighted by negatives/positives unless the reserved key `weights` says otherwise. */
export default definePlugin({
  kind: 'loss',
  name: 'weighted-bce',
  options,
  weights: { positive: { rule: 'ratio' } },
  create: binaryCrossEntropy,
});
