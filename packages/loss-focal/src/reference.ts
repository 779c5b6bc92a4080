import { z } from '@counterweight/core';
import focal from '@counterweight/loss-focal';
import { mapped, type ReferenceAdapter } from '@counterweight/testing';

export default {
  losses: {
    // One alpha per class is a weight: α_c on positives, 1 − α_c on negatives.
    focal: mapped(
      { gamma: z.number(), alpha: z.union([z.number(), z.array(z.number())]).nullable() },
      ({ gamma, alpha }) =>
        Array.isArray(alpha)
          ? { plugin: focal, options: { gamma }, weights: { positive: alpha, negative: alpha.map((a) => 1 - a) } }
          : { plugin: focal, options: { gamma, alpha } },
    ),
  },
} satisfies ReferenceAdapter;
