import { z } from 'zod';

const share = z.number().min(0).max(1);

/** The option of a data set that deals its examples into splits. */
export const splitShares = z
  .strictObject({ train: share.gt(0).default(0.7), validation: share.default(0.1), test: share.default(0.2) })
  .refine(({ train, validation, test }) => Math.abs(train + validation + test - 1) < 1e-6, {
    error: 'train, validation and test that sum to 1',
  })
  .prefault({});
