import { z } from '@counterweight/core';

const warmup = z
  .number()
  .min(0)
  .lt(1)
  .default(0.05)
  .describe('Share of all steps over which the rate rises linearly from 0.');

/** How the learning rate moves over a run. Shares are of all its steps. */
export const scheduleOptions = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('cosine').optional().default('cosine'), warmup }),
  z.strictObject({ name: z.literal('constant'), warmup }),
  z.strictObject({
    name: z.literal('step'),
    warmup,
    at: z
      .array(z.number().gt(0).lt(1))
      .min(1)
      .default([0.5, 0.75])
      .describe('Shares of all steps after which the rate drops.'),
    factor: z.number().gt(0).max(1).default(0.1).describe('What each drop multiplies the rate by.'),
  }),
]);
export type Schedule = z.output<typeof scheduleOptions>;

/**
 * The learning rate of a step.
 * Warm-up rises to the peak, which the last warm-up step has; cosine then falls towards 0, which it would reach one step after
 * the last (Loshchilov & Hutter 2017, eq. 5, without restarts).
 * @param step counts from 1
 */
export function learningRateAt(schedule: Schedule, peak: number, step: number, totalSteps: number): number {
  const rising = Math.round(schedule.warmup * totalSteps);
  if (step <= rising) return peak * (step / rising);
  const done = step - 1;
  switch (schedule.name) {
    case 'constant':
      return peak;
    case 'cosine':
      return (peak * (1 + Math.cos((Math.PI * (done - rising)) / (totalSteps - rising)))) / 2;
    case 'step':
      return peak * schedule.factor ** schedule.at.filter((share) => done >= share * totalSteps).length;
  }
}
