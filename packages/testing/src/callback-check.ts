import { rm } from 'node:fs/promises';

import {
  DATASET,
  LABEL_STATISTICS,
  labelStatistics,
  RUN_FOLDER,
  type AnyPlugin,
  type Callback,
  type Dataset,
} from '@counterweight/core';

import { ensureGradients } from './backend.js';
import type { Check } from './check.js';
import { create } from './create.js';
import { newFolder } from './surroundings.js';
import { tinyDataset } from './tiny-dataset.js';

/** What a law is tried on. */
export interface Watching {
  /** What is trained on, and what the plugin gets as DATASET. */
  readonly dataset: Dataset;
  /** A folder that a run might have; it does not exist. */
  readonly newFolder: () => string;
  /** A fresh instance, as in a new process. @param folder what it gets as RUN_FOLDER */
  readonly create: (folder?: string) => Promise<Callback>;
  /** Ends it, as a run does with its process; what is not ended is at the end of the trial. */
  readonly close: (callback: Callback) => Promise<void>;
}

/** A law of a callback. Its folders are removed at the end. */
export const callbackCheck = (name: string, holds: (watching: Watching) => Promise<void>): Check<'callback'> => ({
  name,
  run: async (plugin: AnyPlugin<'callback'>, options: unknown = {}) => {
    await ensureGradients();
    const dataset = tinyDataset();
    const folders: string[] = [];
    const open = new Set<Callback>();
    const close = async (callback: Callback): Promise<void> => {
      open.delete(callback);
      await callback.close?.();
    };
    const folder = (): string => {
      folders.push(newFolder());
      return folders.at(-1)!;
    };
    try {
      await holds({
        dataset,
        newFolder: folder,
        close,
        create: async (run = folder()) => {
          const callback = await create(plugin, options, [
            [DATASET, dataset],
            [LABEL_STATISTICS, labelStatistics(dataset.labels, dataset.splits.train)],
            [RUN_FOLDER, run],
          ]);
          open.add(callback);
          return callback;
        },
      });
    } finally {
      await Promise.allSettled([...open].map(close));
      await Promise.all(folders.map((path) => rm(path, { recursive: true, force: true })));
    }
  },
});
