import { z, type Optimizer } from '@counterweight/core';

import { adam, adamw } from './adam.js';
import { sgd } from './sgd.js';

/** The built-in optimisers. */
export const optimizerPlugins = [adamw, adam, sgd] as const;

/** A built-in optimiser by name, with its options; without a name AdamW. */
export const optimizerOptions = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('adamw').optional().default('adamw'), ...adamw.options.shape }),
  z.strictObject({ name: z.literal('adam'), ...adam.options.shape }),
  z.strictObject({ name: z.literal('sgd'), ...sgd.options.shape }),
]);
export type OptimizerOptions = z.output<typeof optimizerOptions>;

/** A built-in optimiser from its options. The learning rate of each step comes from the schedule. */
export function createOptimizer(options: OptimizerOptions): Optimizer {
  switch (options.name) {
    case 'adamw':
      return adamw.create(options) as Optimizer;
    case 'adam':
      return adam.create(options) as Optimizer;
    case 'sgd':
      return sgd.create(options) as Optimizer;
  }
}
