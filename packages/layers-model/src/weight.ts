import * as tf from '@tensorflow/tfjs-core';

/** A weight of a layer, as far as it is used here. */
export interface Weight {
  /** What tfjs-layers calls it in files: `layer/kernel`. Its `name` would differ in a second instance. */
  readonly originalName: string;
  read(): tf.Tensor;
}

/** What `read` gives is the variable itself. */
export function variableOf(weight: Weight): tf.Variable {
  const variable = weight.read();
  if (variable instanceof tf.Variable) return variable as tf.Variable;
  throw new TypeError(`${weight.originalName} belongs to another copy of @tensorflow/tfjs-core: install one copy`);
}
