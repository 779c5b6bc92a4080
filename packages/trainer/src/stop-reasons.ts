import type { StateArrays, Stateful } from '@counterweight/core';

import { checkLayout } from './state-arrays.js';

/** Why callbacks stopped a run, if they did: part of its state, so that a run that was stopped stays so. */
export class StopReasons implements Stateful {
  private reasons: readonly string[] = [];

  add(reason: string): void {
    this.reasons = [...this.reasons, reason];
  }

  /** In words; absent while the run goes on. */
  get reason(): string | undefined {
    return this.reasons.length === 0 ? undefined : this.reasons.join('; ');
  }

  save(): StateArrays {
    return this.reason === undefined ? {} : { reason: new TextEncoder().encode(this.reason) };
  }

  load(state: StateArrays): void {
    const { reason } = state;
    const layout = reason && `Uint8Array of ${reason.length}`;
    checkLayout('stopped', state, new Map(layout === undefined ? [] : [['reason', layout]]));
    this.reasons = reason ? [new TextDecoder().decode(reason)] : [];
  }
}
