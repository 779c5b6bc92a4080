import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';

import { errors } from './errors.js';

/** Numbers per class on the device: each table is moved there once and stays until it is freed. */
export interface ClassTables {
  /** [1, classes] */
  readonly dense: (values: Float64Array) => Tensor2D;
  /** [entries], by the int32 classes of the entries. */
  readonly gathered: (values: Float64Array, classes: Tensor1D) => Tensor1D;
  readonly dispose: () => void;
}

/** @throws table-length-wrong when a table is first used */
export function classTables(classes: number): ClassTables {
  const tables = new Map<Float64Array, Tensor1D>();
  const table = (values: Float64Array): Tensor1D => {
    const known = tables.get(values);
    if (known) return known;
    if (values.length !== classes) throw errors['table-length-wrong']({ length: values.length, classes });
    const made = tf.keep(tf.tensor1d(Float32Array.from(values)));
    tables.set(values, made);
    return made;
  };
  return {
    dense: (values) => tf.reshape(table(values), [1, classes]),
    gathered: (values, at) => tf.gather(table(values), at),
    dispose: () => {
      tf.dispose([...tables.values()]);
      tables.clear();
    },
  };
}
