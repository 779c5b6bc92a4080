import type { SparseLabels } from './labels.js';

export const SPLITS = ['train', 'validation', 'test'] as const;
export type Split = (typeof SPLITS)[number];

export interface Dataset {
  readonly classes: readonly string[];
  /** shape [height, width, channels] of images or [features]. */
  readonly input: { readonly shape: readonly number[]; readonly dtype: 'uint8' | 'float32' };
  /** [examples]; multiply a row's entries; the denominator stays a count. */
  readonly exampleWeights?: Float32Array;
  readonly labels: SparseLabels;
  /** Ascending indices of examples; disjoint. */
  readonly splits: Readonly<Record<Split, Int32Array>>;
  /** Changes when labels, splits, classes or inputs change. */
  readonly fingerprint: string;
  /** What was noticed while reading, in words, for the plan. */
  readonly notices?: readonly string[];
  id(example: number): string;
  /**
   * Reads examples undecorated, row after row; augmentation is the trainer's.
   * A float buffer must be fresh each time (tensors may alias it), bytes may be reused.
   */
  read(examples: Int32Array, into: Uint8Array | Float32Array): Promise<void>;
  close(): Promise<void>;
}
