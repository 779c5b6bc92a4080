import { z } from '@counterweight/core';

export const options = z.discriminatedUnion('rule', [
  z.strictObject({
    rule: z.literal('repeatFactor').describe('Repeat the examples of rare classes (Gupta et al. 2019).'),
    threshold: z
      .number()
      .gt(0)
      .max(1)
      .default(0.001)
      .describe('Share of examples below which a class is rare: its examples are repeated √(threshold / share) times.'),
  }),
  z.strictObject({
    rule: z
      .literal('classPower')
      .describe('Draw a class, then one of its examples (Shen et al. 2016; Kang et al. 2020).'),
    exponent: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe(
        'A class is drawn in proportion to its positives to this power: 0 all alike, ½ square root, 1 as they are.',
      ),
  }),
]);

export type OversampleOptions = z.output<typeof options>;
