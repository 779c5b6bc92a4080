import * as tf from '@tensorflow/tfjs-core';

import type { Model, Parameter, StateArrays } from '@counterweight/core';

import { checkLayout } from './state-arrays.js';

type Named = Pick<Parameter, 'name' | 'variable'>;

/** A model's parameters and buffers by their names, copied. */
export const modelState = ({ parameters, buffers }: Pick<Model, 'parameters' | 'buffers'>): StateArrays =>
  variableState([...parameters, ...buffers]);

/**
 * Puts parameters and buffers back.
 * @throws training-state-wrong when a name, type or length differs; nothing was changed then
 */
export function loadModelState(
  { parameters, buffers }: Pick<Model, 'parameters' | 'buffers'>,
  state: StateArrays,
): void {
  loadVariables('model', [...parameters, ...buffers], state);
}

/** The layout of each array of a model's state, by name. */
export const modelLayout = ({ parameters, buffers }: Pick<Model, 'parameters' | 'buffers'>): Map<string, string> =>
  variablesLayout([...parameters, ...buffers]);

/** The values of variables by name, copied. */
export const variableState = (variables: readonly Named[]): StateArrays =>
  Object.fromEntries(variables.map(({ name, variable }) => [name, variable.dataSync().slice()]));

/**
 * Gives variables their values back.
 * @param part what they belong to, for the error
 * @throws training-state-wrong, before any is changed
 */
export function loadVariables(part: string, variables: readonly Named[], state: StateArrays): void {
  checkLayout(part, state, variablesLayout(variables));
  tf.tidy(() => {
    for (const { name, variable } of variables)
      // A copy: a tensor may alias what it is made from.
      variable.assign(tf.tensor(state[name]!.slice(), variable.shape, variable.dtype));
  });
}

const variablesLayout = (variables: readonly Named[]): Map<string, string> =>
  new Map(variables.map(({ name, variable }) => [name, variableLayout(variable)]));

const ARRAYS: Readonly<Record<string, string>> = { float32: 'Float32Array', int32: 'Int32Array', bool: 'Uint8Array' };

/** The layout of a variable's values. */
export const variableLayout = ({ dtype, size }: tf.Variable): string => `${ARRAYS[dtype] ?? dtype} of ${size}`;
