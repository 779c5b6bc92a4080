import { descend, type Ladders } from './ladders.js';
import { mean, total, weightedMean } from './means.js';
import type { Ranking } from './ranking.js';

export interface AveragePrecision {
  readonly values: {
    /** Mean over the included classes with a positive; null without any. */
    readonly macro: number | null;
    /** Of the entries of all included classes as one list. */
    readonly micro: number | null;
    /** Mean weighted by positives. */
    readonly weighted: number | null;
    /** Classes in the mean. */
    readonly classes: number;
    /** Classes left out: not included, or without a positive. */
    readonly excluded: number;
  };
  /** [classes] each, NaN without a positive (`averagePrecision`) or a known entry (`prevalence`). */
  readonly perClass: {
    readonly averagePrecision: Float64Array;
    /** Positives over known entries: what a random order comes to. */
    readonly prevalence: Float64Array;
  };
}

/**
 * Average precision, Σ (R_k − R_{k−1}) · P_k over distinct scores from high to low: tied entries enter together, nothing
 * is interpolated. The same as scikit-learn's `average_precision_score`.
 *
 * @example one class, scores [.9 .8 .3], positives at 0 and 2: 0.8333
 */
export function averagePrecision({ perClass, micro, positives, negatives, included }: Ranking): AveragePrecision {
  const each = positives.map((count, column) => ofLadder(perClass, column, count));
  const { value: macro, classes } = mean(each, included);
  const pooled = ofLadder(micro, 0, total(positives, included));
  return {
    values: {
      macro,
      micro: Number.isNaN(pooled) ? null : pooled,
      weighted: weightedMean(each, positives, included),
      classes,
      excluded: positives.length - classes,
    },
    perClass: {
      averagePrecision: each,
      prevalence: positives.map((count, column) => count / (count + negatives[column]!)),
    },
  };
}

/** NaN without a positive (0 / 0). */
function ofLadder(ladders: Ladders, ladder: number, all: number): number {
  let found = 0;
  let sum = 0;
  descend(ladders, ladder, (positives, tied, above) => {
    found += positives;
    sum += (positives * found) / (found + above + tied);
  });
  return sum / all;
}
