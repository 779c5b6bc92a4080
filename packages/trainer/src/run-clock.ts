import type { StateArrays, Stateful } from '@counterweight/core';

import { checkLayout } from './state-arrays.js';

/** Seconds of a run and of its epoch, and of these how many went by waiting for inputs. Goes on where a resumed run stopped. */
export class RunClock implements Stateful {
  private started = performance.now();
  private epochStarted = this.started;
  /** Of this run and this epoch. */
  private waiting = { run: 0, epoch: 0 };

  /** @param before seconds that the run had taken when it was stopped */
  constructor(private readonly before = 0) {}

  get run(): { readonly seconds: number; readonly waited: number } {
    return { seconds: this.before + secondsSince(this.started), waited: this.waiting.run };
  }

  get epoch(): { readonly seconds: number; readonly waited: number } {
    return { seconds: secondsSince(this.epochStarted), waited: this.waiting.epoch };
  }

  beginEpoch(): void {
    this.epochStarted = performance.now();
    this.waiting.epoch = 0;
  }

  wait(seconds: number): void {
    this.waiting.run += seconds;
    this.waiting.epoch += seconds;
  }

  save(): StateArrays {
    return {
      waited: Float64Array.of(this.waiting.run, this.waiting.epoch),
      epoch: Float64Array.of(this.epoch.seconds),
    };
  }

  load(state: StateArrays): void {
    const layout = new Map([
      ['waited', 'Float64Array of 2'],
      ['epoch', 'Float64Array of 1'],
    ]);
    checkLayout('times', state, layout);
    this.waiting = { run: state['waited']![0]!, epoch: state['waited']![1]! };
    this.epochStarted = performance.now() - 1000 * state['epoch']![0]!;
  }
}

export const secondsSince = (milliseconds: number): number => (performance.now() - milliseconds) / 1000;
