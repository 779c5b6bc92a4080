import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import * as tf from '@tensorflow/tfjs-core';

import type { ExportedLayer, Layer } from './layer.js';

/** The layer that stands for what a model is given. */
const INPUT = 'input';

/**
 * Writes `model.json` and `weights.bin` in the tfjs layers format: a model from what ours takes (images 0–255, float32) to logits,
 * for `tf.loadLayersModel` in a browser or in Node. The folder appears whole or not at all.
 * @param folder does not exist yet, or is empty
 */
export async function writeLayersModel(
  folder: string,
  input: readonly number[],
  exported: Layer['exported'],
): Promise<void> {
  const layers = exported(INPUT);
  const weights = layers.flatMap(({ config, weights }) =>
    Object.entries(weights).map(([key, read]) => ({ name: `${config.name}/${key}`, ...values(read) })),
  );
  const partial = `${folder}.partial`;
  await mkdir(dirname(folder), { recursive: true });
  await rm(partial, { recursive: true, force: true }); // of a process that was killed
  await mkdir(partial);
  try {
    await write(
      join(partial, 'weights.bin'),
      weights.map(({ data }) => data),
    );
    await write(join(partial, 'model.json'), [
      JSON.stringify({
        format: 'layers-model',
        generatedBy: 'counterweight',
        convertedBy: null,
        modelTopology: topology(input, layers),
        weightsManifest: [
          { paths: ['weights.bin'], weights: weights.map(({ name, shape }) => ({ name, shape, dtype: 'float32' })) },
        ],
      }),
    ]);
    await rename(partial, folder);
  } catch (error) {
    await rm(partial, { recursive: true });
    throw error;
  }
}

/** The Keras 2 words that `tf.loadLayersModel` reads: `Sequential` for a chain of layers, else the graph. */
function topology(input: readonly number[], layers: readonly ExportedLayer[]) {
  const taken = { batch_input_shape: [null, ...input], dtype: 'float32' };
  const isChain = layers.every(
    ({ inputs }, i) => inputs.length === 1 && inputs[0] === (layers[i - 1]?.config.name ?? INPUT),
  );
  return isChain
    ? {
        class_name: 'Sequential',
        config: {
          name: 'counterweight',
          layers: layers.map(({ className, config }, i) => ({
            class_name: className,
            config: { ...config, ...(i === 0 && taken) },
          })),
        },
      }
    : {
        class_name: 'Model',
        config: {
          name: 'counterweight',
          layers: [
            { name: INPUT, class_name: 'InputLayer', config: { name: INPUT, ...taken }, inbound_nodes: [] },
            ...layers.map(({ className, config, inputs }) => ({
              name: config.name,
              class_name: className,
              config,
              inbound_nodes: [inputs.map((name) => [name, 0, 0, {}])],
            })),
          ],
          input_layers: [[INPUT, 0, 0]],
          output_layers: [[layers.at(-1)?.config.name ?? INPUT, 0, 0]],
        },
      };
}

function values(read: () => tf.Tensor): { shape: number[]; data: Float32Array } {
  const copy = tf.tidy(() => tf.add(read(), 0));
  const { shape } = copy;
  const data = copy.dataSync<'float32'>(); // not inside `tidy`, which would search the values for tensors
  copy.dispose();
  return { shape, data };
}

/** Written through to the disk before anything is renamed. */
async function write(path: string, parts: readonly (string | Float32Array)[]): Promise<void> {
  const file = await open(path, 'wx');
  try {
    for (const part of parts)
      await file.appendFile(
        typeof part === 'string' ? part : new Uint8Array(part.buffer, part.byteOffset, part.byteLength),
      );
    await file.sync();
  } finally {
    await file.close();
  }
}
