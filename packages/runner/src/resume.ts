import { join } from 'node:path';

import { RUN_FILES, type Dataset, type Logger, type ResolvedRun } from '@counterweight/core';

import { CheckpointStore, type Checkpoint } from './checkpoints/store.js';
import { errors } from './errors.js';
import type { Manifest } from './manifest.js';
import type { RunFolder } from './run-folder.js';
import { inWords } from './words.js';

/**
 * A resumed run follows the manifest it began with. What does not change results may: how often it is saved, and who watches
 * (a callback that fails ends a run, which must be able to go on without it).
 * @throws resume-manifest-changed: with every key that differs
 */
export function checkManifest(recorded: ResolvedRun, { resolved, place, inCode }: Manifest, folder: string): void {
  const { set } = recorded.source;
  const changes = differences(recorded.manifest, resolved).filter(
    ({ key }) => !/^(training\.checkpoint|callbacks)\b/.test(key),
  );
  const [first] = changes;
  if (first)
    throw errors['resume-manifest-changed'](
      { folder, changes, set, inCode },
      { place: place(first.key.split('.').map((key) => (/^\d+$/.test(key) ? Number(key) : key))) },
    );
}

/** @throws resume-data-changed */
export function checkData(recorded: ResolvedRun, { fingerprint }: Dataset, folder: string): void {
  const { fingerprint: before } = recorded.data;
  if (before !== fingerprint) throw errors['resume-data-changed']({ folder, before, now: fingerprint });
}

/** What may change bits though the run can go on, in words. */
export function changedSurroundings(
  recorded: ResolvedRun,
  now: Pick<ResolvedRun, 'engine' | 'versions' | 'plugins'>,
): readonly string[] {
  const versions = ({ plugins }: Pick<ResolvedRun, 'plugins'>) =>
    Object.fromEntries(plugins.flatMap(({ kind, use, version }) => (kind === 'callback' ? [] : [[use, version]])));
  return [
    ...differences(recorded.engine, now.engine),
    ...differences(recorded.versions, now.versions),
    ...differences(versions(recorded), versions(now)),
  ].map(
    ({ key, before, after }) =>
      `${key} was ${before} when the run began, now it is ${after}: it goes on, but not to the same bits`,
  );
}

/**
 * The newest checkpoint that is whole. Undefined where none was written yet: the run then starts at its beginning.
 * @throws checkpoints-damaged: there are some, and none can be used
 */
export async function lastCheckpoint(
  store: CheckpointStore,
  folder: RunFolder,
  logger: Logger,
): Promise<Checkpoint | undefined> {
  const { checkpoint, refused } = await store.latest();
  if (!checkpoint && refused.length > 0)
    throw errors['checkpoints-damaged']({ folder: join(folder.path, RUN_FILES.checkpoints), refused });
  for (const { file, why } of refused) logger.warn(`${file} is not used: ${why}`);
  if (!checkpoint) logger.info(`no checkpoint in ${folder.path}: the run starts at its beginning`);
  return checkpoint;
}

interface Difference {
  /** Dotted. */
  readonly key: string;
  readonly before: string;
  readonly after: string;
}

/** Leaves in which two JSON values differ. */
function differences(before: unknown, after: unknown, path: readonly string[] = []): readonly Difference[] {
  if (isNested(before) && isNested(after))
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
      differences(before[key], after[key], [...path, key]),
    );
  return JSON.stringify(before) === JSON.stringify(after)
    ? []
    : [{ key: path.join('.'), before: inWords(before), after: inWords(after) }];
}

/** Lists too: a sampler that differs is told by its number. */
const isNested = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
