import { z } from '@counterweight/core';

/** Whether a definition leaves no choice, or one was made (ties, empty groups). Both must be matched. */
export const kind = z.enum(['exact', 'convention']);

/** Of a loss, a rule or a sampler: what its adapter maps. */
export const parameters = z.record(z.string(), z.unknown());
