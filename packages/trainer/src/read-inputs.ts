import type { Dataset } from '@counterweight/core';

/** Examples as the data set keeps them, row after row in a fresh buffer: nothing that a tensor may alias is used twice. */
export async function readInputs(
  dataset: Pick<Dataset, 'input' | 'read'>,
  examples: Int32Array,
): Promise<Uint8Array | Float32Array> {
  const { shape, dtype } = dataset.input;
  const length = examples.length * shape.reduce((a, b) => a * b, 1);
  const inputs = dtype === 'uint8' ? new Uint8Array(length) : new Float32Array(length);
  await dataset.read(examples, inputs);
  return inputs;
}
