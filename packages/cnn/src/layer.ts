import type { Mode, Parameter } from '@counterweight/core';
import * as tf from '@tensorflow/tfjs-core';

/** Sizes without the batch: [height, width, channels] or [features]. */
export type Shape = readonly number[];

/** One step of a network. A block of several steps (`sequence`) is a layer too, so networks nest. */
export interface Layer {
  /** Shape of what it returns. */
  readonly output: Shape;
  /** [batch, ...input] to [batch, ...output]; inside `tidy`. */
  forward(x: tf.Tensor, mode: Mode): tf.Tensor;
  readonly parameters: readonly Parameter[];
  readonly buffers: readonly Parameter[];
  /** The same step in inference, in the words of the tfjs layers format. */
  readonly exported: readonly ExportedLayer[];
}

export interface ExportedLayer {
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>> & { readonly name: string };
  /** In the format's own order and names; called inside `tidy`. */
  readonly weights: Readonly<Record<string, () => tf.Tensor>>;
}

/** A layer that still waits for the shape it gets. */
export type Build = (input: Shape) => Layer;

/** Layers one after the other. */
export function sequence(input: Shape, builds: readonly Build[]): Layer {
  const layers: Layer[] = [];
  for (const build of builds) layers.push(build(layers.at(-1)?.output ?? input));
  return {
    output: layers.at(-1)?.output ?? input,
    forward: (x, mode) => layers.reduce((value, layer) => layer.forward(value, mode), x),
    parameters: layers.flatMap(({ parameters }) => parameters),
    buffers: layers.flatMap(({ buffers }) => buffers),
    exported: layers.flatMap(({ exported }) => exported),
  };
}

/** A variable from values that nothing else keeps (a tensor may share their memory). Its tfjs name is left unset. */
export const variable = (values: Float32Array, shape: Shape, trainable = true): tf.Variable =>
  tf.tidy(() => tf.variable(tf.tensor(values, [...shape]), trainable));

export const kernel = (name: string, variable: tf.Variable, group: Parameter['group'] = 'body'): Parameter => ({
  name,
  variable,
  group,
  decay: true,
});

/** Neither biases and norms nor buffers are decayed. */
export const undecayed = (name: string, variable: tf.Variable, group: Parameter['group'] = 'body'): Parameter => ({
  name,
  variable,
  group,
  decay: false,
});
