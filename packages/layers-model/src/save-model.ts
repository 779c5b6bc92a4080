import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { io } from '@tensorflow/tfjs-core';

import { errors } from './errors.js';

/**
 * Writes `model.json` and `weights.bin`, for `tf.loadLayersModel`. The folder appears whole or not at all.
 * @param folder does not exist yet, or is empty
 * @throws layers-model-unwritable
 */
export async function writeModelFiles(folder: string, artifacts: io.ModelArtifacts): Promise<void> {
  const { modelTopology, weightSpecs, weightData } = artifacts;
  const partial = `${folder}.partial`;
  try {
    await mkdir(dirname(folder), { recursive: true });
    await rm(partial, { recursive: true, force: true }); // of a process that was killed
    await mkdir(partial);
    try {
      await write(
        join(partial, 'weights.bin'),
        [weightData ?? []].flat().map((part) => new Uint8Array(part)),
      );
      const content = {
        format: 'layers-model',
        generatedBy: 'counterweight',
        convertedBy: null,
        modelTopology,
        weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }],
      };
      await write(join(partial, 'model.json'), [JSON.stringify(content)]);
      await rename(partial, folder);
    } catch (error) {
      await rm(partial, { recursive: true });
      throw error;
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw errors['layers-model-unwritable']({ folder, reason }, { cause: error });
  }
}

/** Written through to the disk before anything is renamed. */
async function write(path: string, parts: readonly (string | Uint8Array)[]): Promise<void> {
  const file = await open(path, 'wx');
  try {
    for (const part of parts) await file.appendFile(part);
    await file.sync();
  } finally {
    await file.close();
  }
}
