import type { Logger } from './injection.js';
import type { SparseLabels } from './labels.js';
import type { Scores } from './metric.js';

export const SPLITS = ['train', 'validation', 'test'] as const;
export type Split = (typeof SPLITS)[number];

/** Examples that can be read. */
export interface Inputs {
  readonly count: number;
  /** What the example is called in the outside world: a path, a row's name. */
  id(example: number): string;
  /**
   * Reads examples undecorated, row after row; augmentation is the trainer's.
   * Several reads may be under way at once, each into memory of its own, which its caller uses again after both the read and the
   * life of any tensor made from it (tensors may alias float buffers).
   */
  read(examples: Int32Array, into: Uint8Array | Float32Array): Promise<void>;
  /** Examples that `read` could not read and left blank, as a tolerant reader may: nothing is to be said of them. */
  readonly unreadable?: ReadonlySet<number>;
  close(): Promise<void>;
}

/** Where a data set's plugin finds examples without labels, and what shape a trained model takes them in. */
export interface InputSource {
  /** Absolute path of a folder or file. */
  readonly path: string;
  /** Shape and type of one example, as `Dataset.input` was in training. */
  readonly input: Dataset['input'];
  readonly logger: Logger;
}

export interface Dataset extends Omit<Inputs, 'count' | 'unreadable'> {
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
  /** Logits of the best predictor there can be, row i for `examples[i]`, where the data were made and it is known. */
  optimum?(examples: Int32Array): Scores;
}
