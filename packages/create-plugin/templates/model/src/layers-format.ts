import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import * as tf from '@tensorflow/tfjs-core';

/** A layer in the words of tfjs-layers (Keras 2). */
export interface FormatLayer {
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>> & { readonly name: string };
  /** In the format's own order and names. */
  readonly weights: Readonly<Record<string, () => tf.Tensor>>;
}

/**
 * Writes a chain of layers as `model.json` and `weights.bin`, which tfjs-layers loads in a browser or in Node.
 * @param folder does not exist yet or is empty; it appears whole or not at all
 * @param shape of one example
 */
export async function writeLayersFormat(
  folder: string,
  shape: readonly number[],
  layers: readonly FormatLayer[],
): Promise<void> {
  const weights = layers.flatMap(({ config, weights }) =>
    Object.entries(weights).map(([key, read]) => ({ name: `${config.name}/${key}`, ...valuesOf(read) })),
  );
  const model = {
    format: 'layers-model',
    generatedBy: 'my-package',
    convertedBy: null,
    modelTopology: {
      class_name: 'Sequential',
      config: {
        name: 'model',
        layers: layers.map(({ className, config }, i) => ({
          class_name: className,
          config: { ...config, ...(i === 0 && { batch_input_shape: [null, ...shape], dtype: 'float32' }) },
        })),
      },
    },
    weightsManifest: [
      { paths: ['weights.bin'], weights: weights.map(({ name, shape }) => ({ name, shape, dtype: 'float32' })) },
    ],
  };
  const partial = `${folder}.partial`;
  await mkdir(dirname(folder), { recursive: true });
  await rm(partial, { recursive: true, force: true }); // of a process that was killed
  await mkdir(partial);
  try {
    await writeFile(join(partial, 'weights.bin'), Buffer.concat(weights.map(({ bytes }) => bytes)));
    await writeFile(join(partial, 'model.json'), JSON.stringify(model));
    await rename(partial, folder);
  } catch (error) {
    await rm(partial, { recursive: true });
    throw error;
  }
}

function valuesOf(read: () => tf.Tensor): { shape: number[]; bytes: Uint8Array } {
  const copy = tf.tidy(() => tf.add(read(), 0));
  const values = copy.dataSync<'float32'>();
  copy.dispose();
  return { shape: copy.shape, bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
}
