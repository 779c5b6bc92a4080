import { labelStatistics, z } from '@counterweight/core';
import {
  classFactors,
  classPower,
  classProbabilities,
  exampleFactors,
  repeatFactor,
} from '@counterweight/sampler-oversample';
import { mapped, type ReferenceAdapter } from '@counterweight/testing';

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
