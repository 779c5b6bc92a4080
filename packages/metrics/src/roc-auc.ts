import { descend, type Ladders } from './ladders.js';
import { mean, total } from './means.js';
import type { Ranking } from './ranking.js';

export interface RocAuc {
  readonly values: {
    /** Mean over the included classes with a positive and a negative; null without any. */
    readonly macro: number | null;
    /** Of the entries of all included classes as one list. */
    readonly micro: number | null;
    readonly classes: number;
    readonly excluded: number;
  };
  /** [classes], NaN without a positive or without a negative. */
  readonly perClass: { readonly rocAuc: Float64Array };
}

/** Area under the ROC curve: the share of (positive, negative) pairs in the right order, a tie counting ½ (Mann and Whitney 1947). */
export function rocAuc({ perClass, micro, positives, negatives, included }: Ranking): RocAuc {
  const each = positives.map((count, column) => ofLadder(perClass, column, count, negatives[column]!));
  const { value: macro, classes } = mean(each, included);
  const pooled = ofLadder(micro, 0, total(positives, included), total(negatives, included));
  return {
    values: { macro, micro: Number.isNaN(pooled) ? null : pooled, classes, excluded: positives.length - classes },
    perClass: { rocAuc: each },
  };
}

/** NaN where one kind is missing (0 / 0). */
function ofLadder(ladders: Ladders, ladder: number, positives: number, negatives: number): number {
  let pairs = 0;
  descend(ladders, ladder, (here, tied, above) => {
    pairs += here * (negatives - above - tied / 2);
  });
  return pairs / (positives * negatives);
}
