import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

import { vectorOperations, type Operations } from '@counterweight/core';

/** A tensor, or a number that stands for a tensor full of it: numbers are folded in float64 and cost no kernel. */
export type Operand = number | Tensor;

/**
 * Expressions on tensors, dense ([batch, classes]) or gathered ([entries]).
 * @param logits float32
 * @param table a per-class table in a shape that broadcasts to the logits' one: [1, classes] or [entries]
 */
export function tensorOperations(logits: Tensor, table: (values: Float64Array) => Tensor): Operations<Operand> {
  return {
    logit: () => logits,
    number: (value) => value,
    perClass: table,
    unary: (name, a) => (typeof a === 'number' ? (NUMBERS.unary(name, a) as number) : tf[name](a)),
    power: (a, k) => (typeof a === 'number' ? a ** k : power(a, k)),
    binary: (name, a, b) =>
      typeof a === 'number' && typeof b === 'number' ? (NUMBERS.binary(name, a, b) as number) : BINARY[name](a, b),
    where: (condition, a, b) => {
      if (typeof condition === 'number') return condition === 0 ? b : a;
      return tf.where(condition, full(a, condition.shape), full(b, condition.shape));
    },
  };
}

/** An operand as a tensor of the shape given. */
export function dense<T extends Tensor>(operand: Operand, shape: T['shape']): T {
  const tensor = full(operand, shape);
  return (tensor.shape.join() === shape.join() ? tensor : tf.broadcastTo(tensor, shape)) as T;
}

const full = (operand: Operand, shape: number[]): Tensor =>
  typeof operand === 'number' ? tf.fill(shape, operand) : operand;

const NUMBERS = vectorOperations(new Float64Array(0), []);

const BINARY = {
  add: tf.add<Tensor>,
  sub: tf.sub<Tensor>,
  mul: tf.mul<Tensor>,
  div: tf.div<Tensor>,
  max: tf.maximum<Tensor>,
  min: tf.minimum<Tensor>,
  greater: tf.greater<Tensor>,
};

const PRODUCTS_UP_TO = 8;

/** Small whole powers are products: on the native engine `pow` costs as much as thirty ([64, 4738]: 3.4 ms to 0.1). */
function power(a: Tensor, k: number): Tensor {
  if (!Number.isInteger(k) || k < 1 || k > PRODUCTS_UP_TO) return tf.pow(a, k);
  if (k === 1) return a;
  const half = power(a, Math.floor(k / 2));
  const square = tf.mul(half, half);
  return k % 2 === 0 ? square : tf.mul(square, a);
}
