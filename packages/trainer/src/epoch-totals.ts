import type { StateArrays, Stateful } from '@counterweight/core';

import { checkLayout } from './state-arrays.js';
import type { StepResult } from './step.js';

const EMPTY = [0, 0, 0, 0] as const;

/** Sums over the steps of an epoch, in float64. */
export class EpochTotals implements Stateful {
  /** loss · denominator, denominator, kept positives, kept negatives */
  private sums = Float64Array.from(EMPTY);

  add({ loss, denominator, keptPositives, keptNegatives }: StepResult): void {
    [loss * denominator, denominator, keptPositives, keptNegatives].forEach((x, i) => (this.sums[i]! += x));
  }

  /** The mean loss weighs steps by what each was divided by: the last partial one counts less. */
  result(): { loss: number; keptPositives: number; keptNegatives: number } {
    const [loss, denominator, keptPositives, keptNegatives] = this.sums as unknown as [number, number, number, number];
    return { loss: denominator === 0 ? 0 : loss / denominator, keptPositives, keptNegatives };
  }

  reset(): void {
    this.sums.set(EMPTY);
  }

  save(): StateArrays {
    return { epoch: this.sums.slice() };
  }

  load(state: StateArrays): void {
    checkLayout('totals', state, new Map([['epoch', 'Float64Array of 4']]));
    this.sums.set(state['epoch']!);
  }
}
