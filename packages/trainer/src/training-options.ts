import { z } from '@counterweight/core';

import { augmentationOptions } from './augmentation.js';
import { checkpointOptions } from './checkpoint-schedule.js';
import { earlyStoppingOptions } from './early-stopping.js';
import { REDUCTIONS } from './objective.js';
import { optimizerOptions } from './optimizers.js';
import { scheduleOptions } from './schedules.js';
import { averageOptions } from './weight-average.js';

/** The section `training` of a manifest. The defaults are those of a measured recipe (README). */
export const trainingOptions = z.strictObject({
  epochs: z.int().min(1).default(16).describe('How often the training split is seen.'),
  batchSize: z.int().min(1).default(64).describe('Examples per batch.'),
  accumulate: z.int().min(1).default(1).describe('Batches whose gradients make one step.'),
  reduction: z
    .enum(REDUCTIONS)
    .default('mean')
    .describe('mean: over entries. batch: sum over classes, mean over examples. sum: over both.'),
  clipNorm: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe('Upper bound of the norm of all gradients together; null: none.'),
  augmentation: augmentationOptions.prefault({}),
  optimizer: optimizerOptions.prefault({}),
  schedule: scheduleOptions.prefault({}),
  ema: averageOptions
    .nullable()
    .default(null)
    .describe('Score and keep a moving average of the weights; null: the weights themselves.'),
  earlyStopping: earlyStoppingOptions
    .nullable()
    .default(null)
    .describe('Stop when validation no longer gets better; null: train all epochs.'),
  checkpoint: checkpointOptions.prefault({}),
});
export type TrainingOptions = z.output<typeof trainingOptions>;
