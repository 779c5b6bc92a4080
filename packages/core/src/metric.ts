import type { LabelStatistics, SparseLabels } from './labels.js';

/** Logits, row-major [rows, columns]; they may live on disk. Not probabilities: some links make ties. */
export interface Scores {
  readonly rows: number;
  readonly columns: number;
  /** Rows from (inclusive) to (exclusive). */
  block(from: number, to: number): Float32Array | Promise<Float32Array>;
}

export interface Evaluation {
  readonly scores: Scores;
  /** One row per row of `scores`. */
  readonly labels: SparseLabels;
  readonly training: LabelStatistics;
  /** [classes], 1 where a class takes part in averages and ratios; absent: all. */
  readonly included?: Uint8Array;
  /** A decision is a probability at or above this. */
  readonly threshold: number;
  /** [classes], instead of the one threshold. */
  readonly thresholds?: Float64Array;
}

export interface MetricResult {
  /** Null where undefined. */
  readonly values: Readonly<Record<string, number | null>>;
  /** [classes] each; NaN where undefined. */
  readonly perClass?: Readonly<Record<string, Float64Array>>;
}

export interface Metric {
  /** What of the scores it looks at: their order, σ of them, or decisions. */
  readonly needs: 'ranking' | 'probability' | 'decision';
  compute(evaluation: Evaluation): MetricResult | Promise<MetricResult>;
}

export interface Calibrator {
  fit(logits: Scores, labels: SparseLabels, training: LabelStatistics): Calibration;
}

/** Plain JSON. */
export interface Calibration {
  readonly format: string;
  readonly perClass: readonly { readonly method: string; readonly values: readonly number[] }[];
}
