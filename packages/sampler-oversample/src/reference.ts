import { labelStatistics, z } from '@counterweight/core';
import { mapped, type ReferenceAdapter } from '@counterweight/testing';

import { classPower, classProbabilities } from './class-power.js';
import { classFactors, exampleFactors, repeatFactor } from './repeat-factor.js';

export default {
  samplers: {
    repeatFactor: mapped({ threshold: z.number() }, ({ threshold }) => ({
      sampler: repeatFactor({ threshold }),
      details: (pool, labels) => ({
        classFactor: classFactors(pool, labels, threshold),
        exampleFactor: exampleFactors(pool, labels, threshold),
      }),
    })),
    classPower: mapped({ exponent: z.number() }, ({ exponent }) => ({
      sampler: classPower({ exponent }),
      details: (pool, labels) => ({
        classProbability: classProbabilities(labelStatistics(labels, pool).positives, exponent),
      }),
    })),
  },
} satisfies ReferenceAdapter;
