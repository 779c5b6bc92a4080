import type { AnyPlugin, ElementwiseLoss } from '@counterweight/core';

import { ensureBackend } from './backend.js';
import { STATISTICS } from './batches.js';
import type { Check } from './check.js';
import { createLoss } from './create.js';

/** Curves and weights may depend on it. */
export const EPOCHS = [0, 1, 10];
/** float32 against float64. */
export const FLOAT32 = { absolute: 1e-6, relative: 1e-5 };
/** Sums of some forty entries. */
export const SUM = { absolute: 4e-5, relative: 4e-5 };

/** A law of an elementwise loss on tensors; `again` is a second instance of the same options. */
export const tensorCheck = (
  name: string,
  holds: (loss: ElementwiseLoss, again: ElementwiseLoss) => void,
): Check<'loss'> => ({
  name,
  run: async (plugin: AnyPlugin<'loss'>, options: unknown = {}) => {
    await ensureBackend();
    holds(await createLoss(plugin, options, STATISTICS), await createLoss(plugin, options, STATISTICS));
  },
});

export const sum = (numbers: ArrayLike<number>): number => Array.from(numbers).reduce((a, b) => a + b, 0);
