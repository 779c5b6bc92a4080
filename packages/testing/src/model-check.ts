import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

import {
  INPUT,
  RANDOM,
  randomStream,
  type AnyPlugin,
  type Model,
  type ModelInput,
  type Mode,
  type Parameter,
} from '@counterweight/core';

import { ensureGradients } from './backend.js';
import type { Check } from './check.js';
import { create } from './create.js';

/** Small images and feature vectors; the second channel or feature never varies. */
const SMALL_INPUTS: readonly ModelInput[] = [
  { shape: [12, 10, 3], dtype: 'uint8', classes: 3, mean: [100, 101, 102], deviation: [50, 0, 52] },
  {
    shape: [7],
    dtype: 'float32',
    classes: 3,
    mean: [0, 1, 2, 3, 4, 5, 6],
    deviation: [1, 0, 1.2, 1.3, 1.4, 1.5, 1.6],
  },
];

/** What a law is tried on; what is made of it is freed at the end. */
export interface ModelTrial {
  readonly input: ModelInput;
  /** Whether the plugin asks for RANDOM. */
  readonly isSeeded: boolean;
  /** A fresh instance. Default seed 1, and the trial's own input. */
  readonly create: (seed?: number, input?: ModelInput) => Promise<Model>;
  readonly dispose: (model: Model) => void;
  /** float32 [rows, ...shape]: whole numbers of 0 to 255 for images, else normal ones of the input's means and deviations. */
  readonly examples: (rows: number, seed?: number) => Tensor;
}

/** A law of a model on some inputs. Absent: on small images and on feature vectors, whichever of them the plugin takes. */
export type ModelLaw = (inputs?: readonly ModelInput[]) => Check<'model'>;

export const modelCheck =
  (name: string, holds: (trial: ModelTrial) => Promise<void>): ModelLaw =>
  (inputs) => ({
    name,
    run: async (plugin, options = {}) => {
      await ensureGradients();
      for (const input of inputs ?? (await taken(plugin, options))) await onInput(plugin, options, input, holds);
    },
  });

/** Those of the small inputs that a model can be built for. @throws what the plugin throws, when there is none */
async function taken(plugin: AnyPlugin<'model'>, options: unknown): Promise<readonly ModelInput[]> {
  const refusals: unknown[] = [];
  const kept: ModelInput[] = [];
  for (const input of SMALL_INPUTS)
    try {
      (await create(plugin, options, [[INPUT, input]])).dispose();
      kept.push(input);
    } catch (error) {
      refusals.push(error);
    }
  if (kept.length === 0) throw refusals[0];
  return kept;
}

async function onInput(
  plugin: AnyPlugin<'model'>,
  options: unknown,
  input: ModelInput,
  holds: (trial: ModelTrial) => Promise<void>,
): Promise<void> {
  const models = new Set<Model>();
  const tensors: Tensor[] = [];
  const dispose = (model: Model): void => {
    models.delete(model);
    model.dispose();
  };
  try {
    await holds({
      input,
      isSeeded: (plugin.inject as readonly symbol[]).includes(RANDOM),
      create: async (seed = 1, given = input) => {
        const model = await create(plugin, options, [
          [INPUT, given],
          [RANDOM, randomStream(seed)],
        ]);
        models.add(model);
        return model;
      },
      dispose,
      examples: (rows, seed = 1) => {
        const tensor = tf.tensor(numbersOf(input, rows, seed), [rows, ...input.shape]);
        tensors.push(tensor);
        return tensor;
      },
    });
  } finally {
    models.forEach(dispose);
    tf.dispose(tensors);
  }
}

function numbersOf({ shape, dtype, mean, deviation }: ModelInput, rows: number, seed: number): Float32Array {
  const random = randomStream(seed).fork('examples');
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, rows) }, (_, i) => {
    const channel = i % mean.length;
    if (deviation[channel] === 0) return mean[channel]!;
    return dtype === 'uint8' ? random.integer(256) : mean[channel]! + deviation[channel]! * random.normal();
  });
}

/** A mode as training or inference has it; the stream is a step's. */
export const modeOf = (training: boolean, frozen: readonly Parameter['group'][] = [], seed = 1): Mode => ({
  training,
  frozen: new Set(frozen),
  random: randomStream(seed),
});

/** [rows · classes], by a pass as the trainer makes it. */
export function logitsOf(model: Model, examples: Tensor, mode = modeOf(false)): Float32Array {
  const logits = tf.tidy(() => model.classify(model.features(examples, mode)));
  const values = logits.dataSync<'float32'>().slice();
  logits.dispose();
  return values;
}

export interface Named {
  readonly name: string;
  readonly values: Float32Array;
}

/** Parameters and buffers, copied. */
export const stateOf = ({ parameters, buffers }: Model): readonly Named[] => valuesOf([...parameters, ...buffers]);

export const valuesOf = (parameters: readonly Parameter[]): readonly Named[] =>
  parameters.map(({ name, variable }) => ({ name, values: variable.dataSync<'float32'>().slice() }));

/** Gives a variable other values. */
export function assign(variable: tf.Variable, values: Float32Array): void {
  tf.tidy(() => {
    variable.assign(tf.tensor(values.slice(), variable.shape));
  });
}

/** The root of the mean square; 0.1 for a parameter that starts at 0. */
export const sizeOf = (values: Float32Array): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length) || 0.1;

/** A model that is no longer at its start: nothing is 0 that a gradient would have to pass, buffers have moved. */
export function used(model: Model, { examples }: ModelTrial): Model {
  for (const { name, variable } of model.parameters) {
    const random = randomStream(5).fork(name);
    const values = variable.dataSync<'float32'>();
    const size = sizeOf(values);
    assign(
      variable,
      values.map((value) => value + 0.1 * size * random.normal()),
    );
  }
  for (const seed of [1, 2]) logitsOf(model, examples(6, seed), modeOf(true));
  return model;
}

/** Fixed numbers that logits are multiplied with, [rows · classes]. */
export const slopesOf = (size: number): Float32Array => {
  const random = randomStream(7);
  return Float32Array.from({ length: size }, () => random.normal());
};

/** Gradients of Σ slope · logit by the parameters, each [size of the parameter]; absent where the logits do not depend on it. */
export function gradientsOf(model: Model, examples: Tensor, mode = modeOf(true)): ReadonlyMap<string, Float32Array> {
  const found = new Map<string, Float32Array>();
  tf.tidy(() => {
    const rows = examples.shape[0];
    const classes = model.head.bias.size;
    const slopes = tf.tensor2d(slopesOf(rows * classes), [rows, classes]);
    const { grads } = tf.variableGrads(
      () => tf.sum(tf.mul(model.classify(model.features(examples, mode)), slopes)),
      model.parameters.map(({ variable }) => variable),
    );
    for (const { name, variable } of model.parameters) {
      const gradient = grads[variable.name] as Tensor | undefined | null;
      if (gradient) found.set(name, gradient.dataSync<'float32'>().slice());
    }
  });
  return found;
}
