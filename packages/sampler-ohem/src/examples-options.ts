import { z } from '@counterweight/core';

export const examplesOptions = z.strictObject({
  fraction: z
    .number()
    .gt(0)
    .max(1)
    .default(0.5)
    .describe('Share of the batch’s examples that is kept, rounded up, at least one.'),
  score: z
    .enum(['sum', 'mean'])
    .default('sum')
    .describe('How hard an example is: the sum or the mean of the losses of its known entries.'),
  startEpoch: z
    .int()
    .min(0)
    .default(1)
    .describe('First epoch, from 0, that mines: examples are ranked by their loss only after the priors are learned.'),
});

export type OhemExamplesOptions = z.output<typeof examplesOptions>;
