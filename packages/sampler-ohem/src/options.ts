import { z } from '@counterweight/core';

export const options = z
  .strictObject({
    scope: z
      .enum(['batch', 'class', 'example'])
      .default('batch')
      .describe(
        'Among which entries the hardest are sought: the whole batch, each class (column) or each example (row).',
      ),
    negativesPerPositive: z
      .number()
      .min(0)
      .default(3)
      .describe('Negatives kept per positive of the scope, rounded up. SSD (Liu et al. 2016) keeps 3.'),
    minNegatives: z
      .int()
      .min(0)
      .default(1)
      .describe('Negatives kept in a scope however few positives it has; 0 leaves a scope without positives empty.'),
    denominator: z
      .enum(['kept', 'positives', 'known'])
      .default('kept')
      .describe('What the reduction mean divides by: entries kept, positives (as SSD), or all known entries.'),
    startEpoch: z
      .int()
      .min(0)
      .default(1)
      .describe('First epoch, from 0, that mines: entries are ranked by their loss only after the priors are learned.'),
  })
  .refine(({ negativesPerPositive, minNegatives }) => negativesPerPositive > 0 || minNegatives > 0, {
    path: ['minNegatives'],
    message: 'with negativesPerPositive 0 at least 1: without negatives every prediction rises to 1',
  });

export type OhemOptions = z.output<typeof options>;
