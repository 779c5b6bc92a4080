import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

import { errors as coreErrors, isCounterweightError, originOf, type Place } from '@counterweight/core';

import { errors } from './errors.js';

/** A method of a plugin, as errors name it: by the plugin's entry in the manifest, or by what it is for. */
export interface Method {
  readonly use: string;
  readonly doing: string;
  readonly place?: Place;
}

/** @param role what the plugin is in training: `loss` */
export function methodOf(plugin: object, role: string, method: string): Method {
  const origin = originOf(plugin);
  if (!origin) return { use: `${role}.${method}`, doing: 'in training' };
  return { doing: `in ${method}`, ...origin };
}

/**
 * Calls a plugin's method; what it throws becomes an error that names the method.
 * @throws plugin-throws
 */
export function callPlugin<T>(method: Method, call: () => T): T {
  try {
    return call();
  } catch (cause) {
    throw isCounterweightError(cause) ? cause : failed(method, cause);
  }
}

/** What a plugin threw, told as its failure. */
export function failed({ use, doing, place }: Method, cause: unknown): Error {
  const message = cause instanceof Error ? cause.message : String(cause);
  return coreErrors['plugin-throws']({ use, doing, message }, { cause, ...(place && { place }) });
}

/** @throws plugin-breaks-contract */
export function refuse({ use, doing, place }: Method, found: string, expected: string): Error {
  return coreErrors['plugin-breaks-contract']({ use, doing, found, expected }, place && { place });
}

/**
 * A tensor that a plugin gave, if it is what the contract says.
 * @param shape a name stands for any size
 * @throws tensor-shape-wrong
 */
export function checkedTensor<T extends Tensor>(
  { use, doing, place }: Method,
  tensor: T,
  shape: readonly (number | string)[],
): T {
  const isWell =
    tensor instanceof tf.Tensor &&
    tensor.dtype === 'float32' &&
    tensor.shape.length === shape.length &&
    shape.every((size, axis) => typeof size === 'string' || size === tensor.shape[axis]);
  if (isWell) return tensor;
  const what = doing === 'in training' ? use : `${use}, ${doing}`;
  const particulars = { what, found: tensorInWords(tensor), expected: `float32 [${shape.join(', ')}]` };
  throw errors['tensor-shape-wrong'](particulars, place && { place });
}

function tensorInWords(value: unknown): string {
  if (value instanceof tf.Tensor) {
    const { dtype, shape, isDisposed } = value as Tensor;
    return `${dtype} [${shape.join(', ')}]${isDisposed ? ', disposed' : ''}`;
  }
  if (value instanceof Promise) return 'a promise';
  return value === null ? 'null' : typeof value;
}
