import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { RUN_FILES, type Model } from '@counterweight/core';

import { writeModelState } from './checkpoints/model-state.js';
import type { RunFolder } from './run-folder.js';

/** Beside the network itself: the names of its outputs, in order. */
export const CLASSES_FILE = 'classes.json';

/** `model/`: the network in tfjs layers format for any tfjs, its classes, and its state by our names for `predict`. */
export async function saveModel(folder: RunFolder, model: Model, classes: readonly string[]): Promise<void> {
  await folder.writeFolder(RUN_FILES.model, async (path) => {
    await model.export(path);
    await writeFile(join(path, CLASSES_FILE), `${JSON.stringify(classes)}\n`);
    const entries = [...model.parameters, ...model.buffers].map(({ name, variable }) => ({
      name,
      shape: variable.shape,
      values: variable.dataSync<'float32'>(),
    }));
    await writeModelState(path, entries);
  });
}
