import { definePlugin, z } from '@counterweight/core';

import { focal } from './focal.js';

export type { FocalOptions } from './focal.js';

const ALPHA =
  'a number between 0 and 1 (both excluded), or null for no alpha: a negative number does not switch it off';

const options = z.strictObject({
  gamma: z.number().min(0).max(10).default(2).describe('Focusing exponent γ. 0 is BCE; the paper recommends 2.'),
  alpha: z
    .number()
    .gt(0, ALPHA)
    .lt(1, ALPHA)
    .nullable()
    .default(null)
    .describe(
      'Weight of a positive entry; a negative one gets 1 − alpha. null: both 1. Per class, use the key weights.',
    ),
});

/** Focal loss (Lin et al. 2017). */
export default definePlugin({
  kind: 'loss',
  name: 'focal',
  options,
  effects: ({ gamma }) => (gamma > 0 ? ['focus'] : []),
  create: focal,
});
