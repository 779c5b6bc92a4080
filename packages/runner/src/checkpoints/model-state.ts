/** The trained state of a model in its folder: every parameter and buffer by name and shape. */
import { constants } from 'node:buffer';
import * as nodeFiles from 'node:fs/promises';
import { join } from 'node:path';

import { isCounterweightError } from '@counterweight/core';

import { errors } from '../errors.js';
import { readWhole, writeWhole } from './files.js';
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from './safetensors.js';

const MODEL_STATE = 'state.safetensors';

/**
 * Writes `state.safetensors`; the folder is made where it is missing.
 * @throws out-unwritable, state-name-invalid
 */
export async function writeModelState(folder: string, entries: readonly NamedTensor[]): Promise<void> {
  const parts = encodeSafetensors(entries);
  const path = join(folder, MODEL_STATE);
  try {
    await nodeFiles.mkdir(folder, { recursive: true });
    await writeWhole(nodeFiles, path, parts);
  } catch (error) {
    throw errors['out-unwritable']({ path, message: (error as Error).message }, { cause: error });
  }
}

/** @throws state-file-invalid */
export async function readModelState(folder: string): Promise<readonly NamedTensor[]> {
  const file = join(folder, MODEL_STATE);
  try {
    return decodeSafetensors((await readWhole(nodeFiles, file, constants.MAX_LENGTH)).bytes, file).tensors;
  } catch (error) {
    if (isCounterweightError(error)) throw error;
    throw errors['state-file-invalid']({ file, why: (error as Error).message }, { cause: error });
  }
}
