import type { Evaluation } from '@counterweight/core';

import { cutoff, sigmoid, type Probability } from './cutoff.js';
import { errors } from './errors.js';
import { blocks, checkShapes } from './scores.js';
import { countTargets, eachKnownRun, eachPositive } from './targets.js';

/** What F1 and the prevalence ratio are computed from: one pass for both. [classes] each, of known entries. */
export interface Decisions {
  /** The one threshold; null where there is one per class. */
  readonly threshold: number | null;
  /** 1 where a class takes part in averages and totals. */
  readonly included: Uint8Array;
  readonly positives: Float64Array;
  /** Entries with a probability at or above the threshold. */
  readonly decided: Float64Array;
  /** Those among them that are positive. */
  readonly hits: Float64Array;
  /** Sum of probabilities. */
  readonly summed: Float64Array;
}

/**
 * Counts decisions, p ≥ threshold, and sums probabilities in float64. Reads the scores once, in blocks; memory O(classes).
 * A listed entry is positive when its target is at least ½.
 * @param probability what a score stands for; scores are logits unless told
 * @throws not-finite: a NaN at a known entry; scores-mismatch
 */
export async function decisions(evaluation: Evaluation, probability: Probability = sigmoid): Promise<Decisions> {
  checkShapes(evaluation);
  const { scores, labels, thresholds, threshold } = evaluation;
  const { columns } = labels;
  const cutoffs = thresholds
    ? thresholds.map((t) => cutoff(t, probability))
    : new Float64Array(columns).fill(cutoff(threshold, probability));
  const decided = new Float64Array(columns);
  const hits = new Float64Array(columns);
  const summed = new Float64Array(columns);
  for await (const { from: start, rows, values } of blocks(scores))
    for (let row = start; row < start + rows; row++) {
      const at = (row - start) * columns;
      eachKnownRun(labels, row, (from, to) => {
        for (let column = from; column < to; column++) {
          const score = values[at + column]!;
          if (score >= cutoffs[column]!) decided[column]! += 1;
          else if (Number.isNaN(score)) throw errors['not-finite']({ row, column });
          summed[column]! += probability(score);
        }
      });
      eachPositive(labels, row, (column) => {
        if (values[at + column]! >= cutoffs[column]!) hits[column]! += 1;
      });
    }
  return {
    threshold: thresholds ? null : threshold,
    included: evaluation.included ?? new Uint8Array(columns).fill(1),
    positives: countTargets(labels).positives,
    decided,
    hits,
    summed,
  };
}
