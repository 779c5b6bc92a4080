import { z } from '@counterweight/core';
import { trainingOptions } from '@counterweight/trainer';

const entry = z.looseObject({
  use: z.string().min(1).describe('The package of an installed plugin, or PACKAGE#NAME.'),
});

export const DEFAULT_METRICS = ['averagePrecision', 'prevalenceRatio', 'f1'];
export const DEFAULT_OPTIMIZER = 'adamw';

/** A metric: a built-in by its name, alone or with options, or an installed plugin. */
const metric = z.union([z.string().min(1), z.looseObject({})]);

const count = z.int().min(0);

/** The manifest's section `evaluation`. */
export const evaluationOptions = z.strictObject({
  metrics: z.array(metric).default(DEFAULT_METRICS).describe('What is computed.'),
  validationExamples: z
    .union([z.literal('auto'), z.literal('all'), z.int().min(1)])
    .default('auto')
    .describe('Validation examples scored after each epoch. auto: as many as make 33 million scores, a fixed sample.'),
  threshold: z.number().min(0).max(1).default(0.5).describe('A class is predicted at this probability or above.'),
  minimumPositives: z
    .strictObject({ train: count.default(0), test: count.default(1) })
    .prefault({})
    .describe('Averages and ratios are over classes with as many positives in train and in test.'),
  groups: z
    .strictObject({
      head: count.default(100).describe('Head classes have more training positives.'),
      tail: count.default(20).describe('Tail classes have fewer.'),
    })
    .refine(({ head, tail }) => tail <= head, { error: 'tail is at most head' })
    .prefault({}),
});

/** Everything of a manifest but the options of its plugins, which are their own. */
export const manifestSchema = z.strictObject({
  version: z.literal(1).default(1).describe('Of this format.'),
  seed: z.int().min(0).default(0).describe('Of everything random.'),
  data: entry.describe('The data set.'),
  model: entry.describe('The network.'),
  loss: entry.describe('The loss; an elementwise one takes weights.'),
  samplers: z.array(entry).default([]).describe('Any number that draw, in order; at most one that mines.'),
  callbacks: z.array(entry).default([]).describe('What watches the run, in order.'),
  // An optimiser, like any plugin, has options of its own.
  training: trainingOptions
    .extend({
      optimizer: z.looseObject({}).prefault({}).describe('A built-in by name, or an installed plugin by use.'),
    })
    .prefault({})
    .describe('How it is trained.'),
  evaluation: evaluationOptions.prefault({}).describe('How it is measured.'),
  calibration: z.literal('none').default('none'),
});
