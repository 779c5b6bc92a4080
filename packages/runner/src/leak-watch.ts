import { nativeTensorCount } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';

import type { Callback } from '@counterweight/core';

import { GrowthWatch, type Growth } from './growth-watch.js';

/** The first steps of a process do not count: optimisers make their memory in them. */
const SKIPPED = 2;

/**
 * Watches the number of tensors: after each step, and over what happens between epochs (validation, metrics, callbacks). Where it
 * grows and goes on growing, one warning names who keeps them. Counting costs microseconds.
 * It is the last callback of a run, so that it sees what the others keep.
 */
export class LeakWatch implements Callback {
  private readonly told = new Set<string>();
  // A ledger stays open for some steps: what lives on over the last two is no buffer that the next step replaces.
  private readonly steps = new GrowthWatch({ every: 'step', window: 8, open: 6, settle: 2 }, this.told);
  private readonly epochs = new GrowthWatch({ every: 'epoch', window: 1, open: 1, settle: 0 }, this.told);
  private step = 0;
  private last: Count | undefined;

  constructor(private readonly warn: (message: string) => void) {}

  batchEnd(): void {
    const growth = this.count();
    if (++this.step > SKIPPED) this.tell(this.steps.saw(growth));
    this.steps.begin();
  }

  /** The steps of an epoch are done; what follows until `epochEnd` is no step's. */
  betweenEpochs(): void {
    this.count();
    this.epochs.begin();
  }

  epochEnd(): void {
    this.tell(this.epochs.saw(this.count()));
  }

  /** Leaves tfjs as it was. */
  close(): void {
    this.steps.close();
    this.epochs.close();
  }

  /** Since the last time. */
  private count(): Growth {
    const now = { tensors: tf.memory().numTensors, native: nativeTensorCount() };
    const before = this.last ?? now;
    this.last = now;
    return { tensors: now.tensors - before.tensors, native: now.native - before.native };
  }

  private tell(message: string | undefined): void {
    if (message !== undefined) this.warn(message);
  }
}

/** By tfjs' count and by the engine's own. */
type Count = Growth;
