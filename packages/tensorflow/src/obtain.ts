import { existsSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

import { downloadWheel } from './download.js';
import { errors } from './errors.js';
import type { InstallOptions } from './install.js';
import type { LockedEngine, LockedWheel } from './lock.js';
import type { Network } from './network.js';
import { progressOf } from './progress.js';
import { checkWheel } from './wheel.js';
import { locateWheel } from './wheel-index.js';
import { wheelAtHand, wheelIndexes } from './wheel-sources.js';

/** The path of a wheel whose bytes are the pinned ones: given, lying where pip looks, or downloaded to `to`. */
export async function obtainWheel(
  wheel: LockedWheel,
  to: string,
  network: Network,
  options: InstallOptions,
  only: boolean,
): Promise<string> {
  const check = (file: string) => checkWheel(file, wheel, progressOf(options, 'check', wheel.file, wheel.size));
  const atHand = given(wheel, options.from, only) ?? wheelAtHand(wheel.file);
  if (atHand !== undefined) {
    await check(atHand);
    return atHand;
  }
  const url = await locateWheel(network, await wheelIndexes(options.index), wheel);
  const fetch = () =>
    downloadWheel(network, url, wheel, to, {
      ...(options.retryAfter !== undefined && { retryAfter: options.retryAfter }),
      progress: () => progressOf(options, 'download', wheel.file, wheel.size),
    });
  for (let again = false; ; again = true) {
    const made = await fetch();
    try {
      await check(to);
      return to;
    } catch (error) {
      await rm(to, { force: true });
      if (made === 'whole' || again) throw error;
    }
  }
}

/** What is given must be of use: nobody who gives a wheel wants another one fetched. Throws `engine-wheel-missing`. */
export function requireGiven({ wheels }: LockedEngine, from: InstallOptions['from']): void {
  for (const path of listOf(from)) {
    const named = wheels.some(({ file }) => file === basename(path) || existsSync(join(path, file)));
    if (named || (wheels.length === 1 && !isFolder(path))) continue;
    const reason = isFolder(path)
      ? 'a folder without a wheel of this engine'
      : 'not the name of a wheel of this engine';
    throw errors['engine-wheel-missing']({ file: path, reason });
  }
}

/** A given wheel: by its name, in a given folder, or the one that is given for an engine of one wheel. */
function given(wheel: LockedWheel, from: InstallOptions['from'], only: boolean): string | undefined {
  const paths = listOf(from);
  const inFolder = paths.map((path) => join(path, wheel.file)).find((path) => existsSync(path));
  const file = paths.find((path) => basename(path) === wheel.file) ?? inFolder;
  return file ?? (only && paths.length === 1 ? paths[0] : undefined);
}

const listOf = (from: InstallOptions['from']): string[] =>
  (typeof from === 'string' ? [from] : (from ?? [])).map((path) => resolve(path));

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
