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
  /**
   * The same step in inference, in the words of the tfjs layers format; the last one gives the output, none of them the input.
   * @param from name of the format's layer whose output it gets
   */
  exported(from: string): readonly ExportedLayer[];
}

export interface ExportedLayer {
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>> & { readonly name: string };
  /** Names of the layers whose outputs it gets. */
  readonly inputs: readonly string[];
  /** In the format's own order and names; called inside `tidy`. */
  readonly weights: Readonly<Record<string, () => tf.Tensor>>;
}

/** A layer that still waits for the shape it gets. */
export type Build = (input: Shape) => Layer;

/** Layers one after the other. What is passed on is freed as soon as the next has used it; what a gradient needs is kept by it. */
export function sequence(input: Shape, builds: readonly Build[]): Layer {
  const layers: Layer[] = [];
  for (const build of builds) layers.push(build(layers.at(-1)?.output ?? input));
  return {
    output: layers.at(-1)?.output ?? input,
    forward: (x, mode) =>
      layers.reduce((value, layer) => {
        const next = tf.tidy(() => layer.forward(value, mode));
        if (value !== x && value !== next) value.dispose();
        return next;
      }, x),
    parameters: layers.flatMap(({ parameters }) => parameters),
    buffers: layers.flatMap(({ buffers }) => buffers),
    exported: exportedInSequence(layers),
  };
}

/** The sum of several ways from the same input, each a sequence; one without steps is the input itself (He et al. 2016, eq. 1). */
export const sum =
  (name: string, ways: readonly (readonly Build[])[]): Build =>
  (input) => {
    const layers = ways.map((builds) => sequence(input, builds));
    return {
      output: layers[0]?.output ?? input,
      forward: (x, mode) => layers.map((layer) => layer.forward(x, mode)).reduce((a, b) => tf.add(a, b)),
      parameters: layers.flatMap(({ parameters }) => parameters),
      buffers: layers.flatMap(({ buffers }) => buffers),
      exported: (from) => {
        const parts = layers.map((layer) => layer.exported(from));
        return [
          ...parts.flat(),
          {
            className: 'Add',
            config: { name: exportedName(name) },
            inputs: parts.map((part) => outputOf(part, from)),
            weights: {},
          },
        ];
      },
    };
  };

export const exportedInSequence =
  (layers: readonly Pick<Layer, 'exported'>[]): Layer['exported'] =>
  (from) =>
    layers.reduce<readonly ExportedLayer[]>((all, layer) => [...all, ...layer.exported(outputOf(all, from))], []);

const outputOf = (layers: readonly ExportedLayer[], from: string): string => layers.at(-1)?.config.name ?? from;

/** A step that is one layer of the format. */
export const exportedAs =
  (
    name: string,
    className: string,
    config: Readonly<Record<string, unknown>> = {},
    weights: ExportedLayer['weights'] = {},
  ): Layer['exported'] =>
  (from) => [{ className, config: { name: exportedName(name), ...config }, inputs: [from], weights }];

/** The format's names have no slashes but between a layer and its weight. */
const exportedName = (name: string): string => name.replaceAll('/', '_');

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
