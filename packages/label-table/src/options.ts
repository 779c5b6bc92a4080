import { pathOption, splitShares, z } from '@counterweight/core';

/** Options of every data set that has a label table; a plugin spreads them into its own. */
export const tableOptions = {
  separator: z.string().min(1).default('|').describe('What stands between two labels of a cell.'),
  classes: pathOption('file')
    .describe('List of classes, in their order: one per line, or a CSV file with the column `class`.')
    .optional(),
  unlisted: z
    .enum(['negative', 'unknown'])
    .default('negative')
    .describe('What a class is that a row does not list; `unknown`: the column `negative` lists the known negatives.'),
  strict: z
    .boolean()
    .default(true)
    .describe('`false`: rows with problems are left out, counted and listed, instead of refused.'),
  splits: splitShares.describe('Shares of the examples when the table has no column `split`.'),
};
