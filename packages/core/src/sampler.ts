import type { Tensor2D } from '@tensorflow/tfjs-core';

import type { LabelStatistics, SparseLabels } from './labels.js';
import type { BatchLabels } from './loss.js';
import type { RandomStream } from './random.js';

/** A sampler draws examples before the forward pass or mines label entries after it; it is one or the other. */
export type Sampler = DrawSampler | MineSampler;

export interface DrawSampler {
  readonly kind: 'draw';
  /** The examples of a whole epoch, with repeats; pure in (pool, context). The trainer shuffles and cuts batches. */
  draw(pool: Int32Array, context: EpochContext): Int32Array;
  /** Exact probability of each pool entry per draw, summing to 1, for the plan; without it the plan counts draws. */
  probabilities?(pool: Int32Array, context: Pick<EpochContext, 'labels' | 'statistics'>): Float64Array;
}

export interface EpochContext {
  readonly epoch: number;
  readonly labels: SparseLabels;
  readonly statistics: LabelStatistics;
  /** Already forked by sampler and epoch. */
  readonly random: RandomStream;
}

export interface MineSampler {
  readonly kind: 'mine';
  /** The first epoch (from 0) that mines. Default 1. */
  readonly startEpoch?: number;
  /** Constants only; runs inside `tidy`. */
  mine(batch: MinedBatch): Mined;
}

export interface MinedBatch {
  /** [batch, classes], weighted, 0 at unknown entries. */
  readonly losses: Tensor2D;
  readonly batch: BatchLabels;
}

export interface Mined {
  /** [batch, classes]; the trainer multiplies by known and counts as kept what is known and not 0. */
  readonly weights: Tensor2D;
  /** What the reduction `mean` divides by. */
  readonly denominator: 'kept' | 'positives' | 'known';
}
