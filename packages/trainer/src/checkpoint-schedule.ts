import { z } from '@counterweight/core';

import { secondsSince } from './run-clock.js';

export const checkpointOptions = z.strictObject({
  steps: z.int().min(1).nullable().default(null).describe('Save after every so many steps; null: by time only.'),
  minutes: z.number().positive().nullable().default(10).describe('Save when so many have passed; null: by steps only.'),
  keep: z.int().min(1).default(2).describe('Of the newest checkpoints, how many stay on disk.'),
});
export type CheckpointOptions = z.output<typeof checkpointOptions>;

/** Says when a run's state is to be saved. */
export class CheckpointSchedule {
  private last = performance.now();

  constructor(private readonly options: Pick<CheckpointOptions, 'steps' | 'minutes'>) {}

  isDue(step: number): boolean {
    const { steps, minutes } = this.options;
    return (steps !== null && step % steps === 0) || (minutes !== null && secondsSince(this.last) >= 60 * minutes);
  }

  saved(): void {
    this.last = performance.now();
  }
}
