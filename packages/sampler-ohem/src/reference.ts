import { z } from '@counterweight/core';
import plugins from '@counterweight/sampler-ohem';
import { mapped, type ReferenceAdapter } from '@counterweight/testing';

const [ohem, ohemExamples] = plugins;

export default {
  miners: {
    entries: mapped(
      { scope: z.string(), negativesPerPositive: z.number(), minNegatives: z.number() },
      (parameters) => ({ plugin: ohem, options: parameters }),
    ),
    examples: mapped({ keepFraction: z.number(), scoreBy: z.string() }, ({ keepFraction, scoreBy }) => ({
      plugin: ohemExamples,
      options: { fraction: keepFraction, score: scoreBy },
    })),
  },
} satisfies ReferenceAdapter;
