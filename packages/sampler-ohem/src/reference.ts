import { z } from '@counterweight/core';
import ohem from '@counterweight/sampler-ohem';
import { mapped, type ReferenceAdapter } from '@counterweight/testing';

export default {
  miners: {
    entries: mapped(
      { scope: z.string(), negativesPerPositive: z.number(), minNegatives: z.number() },
      (parameters) => ({ plugin: ohem, options: parameters }),
    ),
  },
} satisfies ReferenceAdapter;
