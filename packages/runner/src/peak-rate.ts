import { errors } from '@counterweight/core';

import { childOf } from './json-schema.js';
import type { Manifest } from './manifest.js';

/** The peak of the schedule is the optimiser's own option. */
export function peakRate({ optimizer: { use, options, at }, place }: Manifest): number {
  const rate = childOf(options, 'learningRate');
  if (typeof rate === 'number') return rate;
  throw errors['plugin-throws'](
    { use, doing: 'giving its options', message: 'an optimiser has an option learningRate, the peak of the schedule' },
    { place: place(at) },
  );
}
