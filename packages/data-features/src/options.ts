import { pathOption, z } from '@counterweight/core';
import { tableOptions } from '@counterweight/label-table';

export const options = z.strictObject({
  features: pathOption('file').describe('Matrix of features: `.npy`, `.npz`, `.csv` or Parquet.'),
  array: z.string().min(1).optional().describe('Which array of an npz file; needed where it has several.'),
  labels: pathOption('file').describe(
    'Label table: CSV or JSON Lines, with `id` or `image` where the features have ids.',
  ),
  ...tableOptions,
});

export type FeaturesOptions = z.output<typeof options>;
