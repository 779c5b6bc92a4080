import type { Tensor, Tensor2D, Variable } from '@tensorflow/tfjs-core';

import type { RandomStream } from './random.js';

/**
 * Its numbers at the start depend on the plugin's options, `INPUT` and `RANDOM` only; afterwards all its memory is in parameters and
 * buffers: put by name into another instance, the same bits follow. Passes are made within `tidy`; what one keeps is made once, and
 * freed by `dispose`.
 */
export interface Model {
  /**
   * In inference an example's features depend on it alone; in training also on the batch and the mode's random stream.
   * @param inputs float32, images 0–255 as [batch, height, width, channels]: the model standardises. They stay as they are
   * @returns float32 [batch, features], finite for a batch of one too
   */
  features(inputs: Tensor, mode: Mode): Tensor2D;
  /** Logits, float32 [batch, classes]: features · kernel + bias of the head. */
  classify(features: Tensor2D): Tensor2D;
  /** What the optimiser moves, and no pass: the head's among them. Each gets a gradient. */
  readonly parameters: readonly Parameter[];
  /** What a training pass moves (running means) or nothing moves (the standardisation). */
  readonly buffers: readonly Parameter[];
  /** kernel [features, classes], bias [classes]. */
  readonly head: { readonly kernel: Variable; readonly bias: Variable };
  /**
   * Writes the whole network in tfjs layers format, from `inputs` to logits, with no layer of its own. The folder does not exist or
   * is empty, else this throws; it appears whole or not at all.
   */
  export(folder: string): Promise<void>;
  dispose(): void;
}

export interface Mode {
  readonly training: boolean;
  /** A frozen body runs as in inference, in training too: no buffer moves, no gradient comes. */
  readonly frozen: ReadonlySet<Parameter['group']>;
  /** Forked for this step: dropout takes its seeds from here. */
  readonly random: RandomStream;
}

/** `name` is stable and ours; the tf.Variable's own name is left unset, as a second model with the same names would throw. */
export interface Parameter {
  readonly name: string;
  readonly variable: Variable;
  readonly group: 'body' | 'head';
  /** Whether weight decay applies: kernels, not biases and norms. */
  readonly decay: boolean;
}

/** What a model is built for; enough to build it again without the data set. Mean and deviation per channel, of the training split. */
export interface ModelInput {
  /** [height, width, channels] or [features]. */
  readonly shape: readonly number[];
  readonly dtype: 'uint8' | 'float32';
  readonly classes: number;
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}
