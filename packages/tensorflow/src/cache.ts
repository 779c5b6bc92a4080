// Where engines lie: a cache shared between projects. An engine's folder is
//   lib/ include/       from the wheels
//   complete            written last: the folder may be used
//   binding/NAME.node   compiled; NAME holds a hash of sources and command, so that two versions of this package share libraries
import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';

import { type Binding, bindingFiles } from './binding.js';
import { errors } from './errors.js';
import { homeFolder } from './home.js';
import { type Device, type LockedEngine, lockedEngine, lockId } from './lock.js';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * `COUNTERWEIGHT_CACHE`, else `$XDG_CACHE_HOME/counterweight`, else `~/.cache/counterweight`; what is empty counts as not set. Absolute.
 * Throws `engine-cache-unwritable` where there is none of them.
 */
export function cacheFolder(environment: Environment = process.env): string {
  const { COUNTERWEIGHT_CACHE: chosen = '', XDG_CACHE_HOME: caches = '' } = environment;
  if (chosen !== '') return resolve(chosen);
  if (isAbsolute(caches)) return join(caches, 'counterweight');
  const home = homeFolder();
  if (home !== undefined) return resolve(home, '.cache', 'counterweight');
  throw errors['engine-cache-unwritable']({ folder: '~/.cache/counterweight', reason: 'this user has no home folder' });
}

/** Where the engines of all projects lie. */
export const enginesFolder = (): string => join(cacheFolder(), 'engine');

export const engineFolder = (entry: LockedEngine): string => join(enginesFolder(), lockId(entry));

export const isUnpacked = (folder: string): boolean => existsSync(join(folder, 'complete'));

export interface InstalledEngine extends Binding {
  readonly device: Device;
  readonly folder: string;
  /** TensorFlow's version. */
  readonly version: string;
}

/** The installed engine of a device, or undefined. Throws `engine-platform-unsupported`. */
export function findEngine(
  device: Device = 'cpu',
  entry: LockedEngine = lockedEngine(device),
): InstalledEngine | undefined {
  const folder = engineFolder(entry);
  const files = bindingFiles(folder);
  const complete = isUnpacked(folder) && existsSync(files.backendModule) && existsSync(files.standardErrorModule);
  return complete ? { device, folder, version: entry.version, ...files } : undefined;
}
