import type { StepResult } from './step.js';

/** Sums over the steps of an epoch. */
export class EpochTotals {
  private loss = 0;
  private denominator = 0;
  private keptPositives = 0;
  private keptNegatives = 0;

  add({ loss, denominator, keptPositives, keptNegatives }: StepResult): void {
    this.loss += loss * denominator;
    this.denominator += denominator;
    this.keptPositives += keptPositives;
    this.keptNegatives += keptNegatives;
  }

  /** The mean loss weighs batches by what each was divided by: the last partial one counts less. */
  result(): { loss: number; keptPositives: number; keptNegatives: number } {
    const { loss, denominator, keptPositives, keptNegatives } = this;
    return { loss: denominator === 0 ? 0 : loss / denominator, keptPositives, keptNegatives };
  }
}
