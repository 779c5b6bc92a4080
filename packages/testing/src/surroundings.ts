/** What a plugin of any kind may inject when the kit creates it. */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  BASE_FOLDER,
  CACHE_FOLDER,
  DATASET,
  INPUT,
  LABEL_STATISTICS,
  LOGGER,
  RANDOM,
  randomStream,
  RUN_FOLDER,
  type AnyPlugin,
  type Kind,
  type ModelInput,
  type Token,
} from '@counterweight/core';

import { COLUMNS, STATISTICS } from './batches.js';
import { tinyDataset } from './tiny-dataset.js';

/** A dependency that the kit gives a plugin. */
export type Given = readonly [token: Token<unknown>, value: unknown];

/** Of `tinyDataset`. */
const TINY_INPUT: ModelInput = {
  ...tinyDataset().input,
  classes: COLUMNS,
  mean: [127.5, 127.5, 127.5],
  deviation: [73.9, 73.9, 73.9],
};
const SILENT = { info: () => undefined, warn: () => undefined };

/** A value for every token that core has, of a data set of five classes. A stream of random numbers and folders are an instance's own. */
export const surroundings = ({ name, inject }: AnyPlugin): readonly Given[] => [
  [LABEL_STATISTICS, STATISTICS],
  [RANDOM, randomStream(0).fork(name)],
  [LOGGER, SILENT],
  [INPUT, TINY_INPUT],
  [DATASET, tinyDataset()],
  [BASE_FOLDER, process.cwd()],
  ...[CACHE_FOLDER, RUN_FOLDER]
    .filter((token) => (inject as readonly symbol[]).includes(token))
    .map((token) => [token, newFolder()] as const),
];

let kept: string[] | undefined;
/** A folder that does not exist yet. What is made there goes when the process exits, if the check has not removed it. */
export function newFolder(): string {
  if (kept === undefined) {
    const folders: string[] = (kept = []);
    process.once('exit', () => {
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    });
  }
  const folder = join(tmpdir(), `counterweight-testing-${randomUUID()}`);
  kept.push(folder);
  return folder;
}

/** The same plugin, some of its dependencies given: checks of it no longer give them. */
export function provided<K extends Kind>(plugin: AnyPlugin<K>, values: readonly Given[]): AnyPlugin<K> {
  const own = new Map<symbol, unknown>(values);
  const tokens = plugin.inject as readonly symbol[];
  return {
    ...plugin,
    inject: tokens.filter((token) => !own.has(token)),
    create: (options: unknown, ...rest: readonly unknown[]) => {
      const given = [...rest];
      return plugin.create(options, ...tokens.map((token) => (own.has(token) ? own.get(token) : given.shift())));
    },
  };
}
