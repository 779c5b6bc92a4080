import type { Decisions } from './decisions.js';
import { ratio, total } from './means.js';

export interface PrevalenceRatio {
  readonly values: {
    /** Entries at or above the threshold over true ones, of the included classes; null without a true one. */
    readonly decided: number | null;
    /** Sum of probabilities over true ones. */
    readonly summed: number | null;
    /** Null where each class has its own. */
    readonly threshold: number | null;
  };
  /** [classes] each, NaN without a true one. */
  readonly perClass: { readonly decided: Float64Array; readonly summed: Float64Array };
}

/** How many times too many positives a model predicts: 1 is right, 2 is twice too many. */
export function prevalenceRatio({ decided, summed, positives, included, threshold }: Decisions): PrevalenceRatio {
  const perTrue = (counts: Float64Array): Float64Array =>
    counts.map((count, column) => (positives[column]! > 0 ? count / positives[column]! : NaN));
  const actual = total(positives, included);
  return {
    values: {
      decided: ratio(total(decided, included), actual),
      summed: ratio(total(summed, included), actual),
      threshold,
    },
    perClass: { decided: perTrue(decided), summed: perTrue(summed) },
  };
}
