import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';

import { randomStream, type AnyPlugin, type Optimizer, type Parameter, type z } from '@counterweight/core';

import { ensureGradients } from './backend.js';
import type { Check } from './check.js';
import { create } from './create.js';

/** What a law is tried on; what is made of it is freed at the end. */
export interface OptimizerTrial {
  /** A fresh instance. */
  readonly create: () => Promise<Optimizer>;
  readonly dispose: (optimizer: Optimizer) => void;
  /** A kernel that decays, a vector and a scalar that do not; or some of them. */
  readonly parametersOf: (names?: readonly string[]) => readonly Parameter[];
  /** The optimiser's own learning rate, the peak of a schedule; 0.01 where it has none. */
  readonly rate: number;
}

/** A law of an optimiser. */
export const optimizerCheck = (name: string, holds: (trial: OptimizerTrial) => Promise<void>): Check<'optimizer'> => ({
  name,
  run: async (plugin: AnyPlugin<'optimizer'>, options: unknown = {}) => {
    await ensureGradients();
    const optimizers = new Set<Optimizer>();
    const variables: Variable[] = [];
    const dispose = (optimizer: Optimizer): void => {
      optimizers.delete(optimizer);
      optimizer.dispose?.();
    };
    try {
      await holds({
        dispose,
        rate: ownRate(plugin, options) ?? 0.01,
        create: async () => {
          const optimizer = await create(plugin, options);
          optimizers.add(optimizer);
          return optimizer;
        },
        parametersOf: (names = Object.keys(SHAPES)) => {
          const parameters = names.map(parameterOf);
          variables.push(...parameters.map(({ variable }) => variable));
          return parameters;
        },
      });
    } finally {
      optimizers.forEach(dispose);
      tf.dispose(variables);
    }
  },
});

/** What a plugin's options say of the learning rate. */
export function ownRate(plugin: AnyPlugin<'optimizer'>, options: unknown): number | undefined {
  const { learningRate } = (plugin.options as z.ZodType).parse(options) as { readonly learningRate?: unknown };
  return typeof learningRate === 'number' ? learningRate : undefined;
}

const SHAPES: Readonly<Record<string, readonly number[]>> = {
  'body/kernel': [3, 4],
  'body/scale': [4],
  'head/bias': [],
};

/** Numbers of normal size that depend on name and step only; step 0 is where a parameter starts. */
export function numbers(name: string, step: number): Float32Array {
  const random = randomStream(23).fork(name).fork(step);
  const size = SHAPES[name]!.reduce((a, b) => a * b, 1);
  return Float32Array.from({ length: size }, () => random.normal());
}

const parameterOf = (name: string): Parameter => ({
  name,
  group: name.startsWith('head') ? 'head' : 'body',
  decay: name.endsWith('kernel'),
  variable: tf.tidy(() => tf.variable(tf.tensor(numbers(name, 0), [...SHAPES[name]!]))),
});

export const valuesOf = (parameters: readonly Parameter[]): number[] =>
  parameters.flatMap(({ variable }) => Array.from(variable.dataSync()));

export interface Steps {
  readonly from: number;
  readonly to: number;
  readonly rate: number;
  /** Default `numbers`. */
  readonly gradient?: (name: string, step: number) => Float32Array;
}

/** Some steps as training makes them. */
export function take(
  optimizer: Optimizer,
  parameters: readonly Parameter[],
  { from, to, rate, gradient = numbers }: Steps,
): void {
  for (let step = from; step <= to; step++)
    tf.tidy(() => {
      optimizer.step(parameters, gradientsOf(parameters, step, gradient), { step, learningRate: rate / step });
    });
}

/** By name. */
export const gradientsOf = (
  parameters: readonly Parameter[],
  step: number,
  gradient = numbers,
): ReadonlyMap<string, Tensor> =>
  new Map(parameters.map(({ name, variable }) => [name, tf.tensor(gradient(name, step), variable.shape)]));
