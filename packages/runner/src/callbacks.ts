import { join, resolve } from 'node:path';

import { RUN_FILES, RUN_FOLDER, type Callback, type StateArrays } from '@counterweight/core';

import type { Checkpoint } from './checkpoints/store.js';
import { CONTRACTS } from './plugin-contract.js';
import { guardedMade } from './plugin-guard.js';
import type { Prepared } from './prepare.js';

/** A callback, and the name that its memory is found by when a run is resumed with other callbacks. */
export interface NamedCallback {
  readonly name: string;
  readonly callback: Callback;
}

/** The callbacks of a manifest, in order, each with a folder of its own in the run's; then those that code gave. */
export async function createCallbacks(
  { manifest, scope }: Pick<Prepared, 'manifest' | 'scope'>,
  runFolder: string,
  given: readonly Callback[],
): Promise<readonly NamedCallback[]> {
  const made: NamedCallback[] = [];
  for (const entry of manifest.callbacks) {
    const { use, plugin } = entry;
    const before = manifest.callbacks.slice(0, made.length);
    const folder = numbered(plugin.name, before.filter((one) => one.plugin.name === plugin.name).length);
    const own = join(resolve(runFolder), RUN_FILES.callbacks, folder);
    const name = numbered(use, before.filter((one) => one.use === use).length);
    made.push({ name, callback: await scope.create(entry, [[RUN_FOLDER, own]]) });
  }
  return [
    ...made,
    ...given.map((callback, i) => {
      const name = `given in code, ${i + 1}`;
      const call = { origin: { use: `callback ${name}` }, doing: 'as it was given' };
      return { name, callback: guardedMade(callback, call, CONTRACTS.callback) };
    }),
  ];
}

/** The second of a name is NAME2. */
const numbered = (name: string, before: number): string => (before === 0 ? name : `${name}${before + 1}`);

/** By place in the list that training gets: the run's own recorder, which remembers nothing, comes first. */
const namesByPlace = (callbacks: readonly NamedCallback[]): readonly string[] => [
  '',
  ...callbacks.map(({ name }) => name),
];

/** What a checkpoint says of the list, beside the memory of each by its place. */
export const callbackNames = (callbacks: readonly NamedCallback[]): string => JSON.stringify(namesByPlace(callbacks));

/**
 * A checkpoint with each callback's memory where that callback stands now. One that is gone has its memory dropped, one that is
 * new starts anew; both are told.
 */
export function withMemoryOf(
  callbacks: readonly NamedCallback[],
  checkpoint: Checkpoint,
): { readonly checkpoint: Checkpoint; readonly messages: readonly string[] } {
  const before = JSON.parse(checkpoint.about['callbacks'] ?? '[]') as readonly string[];
  const now = namesByPlace(callbacks);
  const arrays: Record<string, StateArrays[string]> = {};
  const dropped = new Set<string>();
  for (const [key, array] of Object.entries(checkpoint.arrays)) {
    const [, place, rest] = /^callbacks\/(\d+)\/(.*)$/s.exec(key) ?? [];
    if (place === undefined) arrays[key] = array;
    else {
      const name = before[Number(place)] ?? '';
      if (now.includes(name)) arrays[`callbacks/${now.indexOf(name)}/${rest}`] = array;
      else dropped.add(name);
    }
  }
  const added = callbacks.filter(({ name, callback }) => callback.load && !before.includes(name));
  return {
    checkpoint: { ...checkpoint, arrays },
    messages: [
      ...[...dropped].map((name) => `callback ${name} is not there any longer: what it remembered is dropped`),
      ...added.map(({ name }) => `callback ${name} was not there when the run was saved: it starts anew`),
    ],
  };
}
