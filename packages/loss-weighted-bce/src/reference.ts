import { z } from '@counterweight/core';
import weightedBce from '@counterweight/loss-weighted-bce';
import { mapped, type ReferenceAdapter } from '@counterweight/testing';

const weight = z.union([z.number(), z.array(z.number())]).optional();

export default {
  losses: {
    bce: mapped(
      { posWeight: weight, negWeight: weight, classWeight: weight },
      ({ posWeight, negWeight, classWeight }) => ({
        plugin: weightedBce,
        options: {},
        weights: { positive: posWeight, negative: negWeight, class: classWeight },
      }),
    ),
  },
} satisfies ReferenceAdapter;
