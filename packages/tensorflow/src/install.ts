import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';

import { isCounterweightError } from '@counterweight/core';

import { engineFolder, findEngine, type InstalledEngine, isUnpacked } from './cache.js';
import { compileBinding, requireCompiler } from './compile.js';
import { errors } from './errors.js';
import { removeLeftovers } from './leftovers.js';
import { type Device, type LockedEngine, lockedEngine } from './lock.js';
import { freeRoom, neededRoom, requireNode, requireProcessor } from './machine.js';
import { type Network, openNetwork, reasonOf } from './network.js';
import { checkWheel, downloadWheel, unpackWheel } from './wheel.js';
import { locateWheel } from './wheel-index.js';
import { wheelAtHand, wheelIndexes } from './wheel-sources.js';

/**
 * How far an installation is; `done` and `total` are bytes of `file`, absent in phases without one. The phase `notice`, where there is
 * one, comes first and once: `notice` names other people's licences, to be shown before anything of theirs is fetched.
 */
export interface InstallProgress {
  readonly phase: 'notice' | 'check' | 'download' | 'unpack' | 'compile';
  readonly notice?: string;
  readonly file?: string;
  readonly done?: number;
  readonly total?: number;
}

export interface InstallOptions {
  /** Default `cpu`. Each device has its own engine. */
  readonly device?: Device;
  /** URL of a Python package index, before any that the user configured. */
  readonly index?: string;
  /** Wheels at hand: paths, whose file names are compared with the pinned ones. A single path may have any name. */
  readonly from?: string | readonly string[];
  readonly onProgress?: (progress: InstallProgress) => void;
}

/**
 * Installs the engine into the cache, or what is missing of it; does nothing when it is there. Every file is checked against the lock.
 * The engine appears by one rename: it may be interrupted at any moment, and of two at once one wins. Throws every error of `errors.ts`
 * but `engine-missing` and `engine-load-failed`.
 */
export async function installEngine(
  options: InstallOptions = {},
  entry = lockedEngine(options.device),
): Promise<InstalledEngine> {
  const { device = 'cpu' } = options;
  const installed = findEngine(device, entry);
  if (installed !== undefined) return installed;
  requireNode();
  requireProcessor();
  const compiler = await requireCompiler();
  const folder = engineFolder(entry);
  try {
    if (!isUnpacked(folder)) await unpackEngine(entry, folder, options);
    options.onProgress?.({ phase: 'compile' });
    return { device, folder, version: entry.version, ...(await compileBinding(compiler, folder, entry)) };
  } catch (error) {
    throw isCounterweightError(error) ? error : await explain(error, folder, entry);
  }
}

async function unpackEngine(entry: LockedEngine, folder: string, options: InstallOptions): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  await removeLeftovers(dirname(folder));
  const [free, needed] = [await freeRoom(folder), neededRoom(entry)];
  if (free < needed) throw errors['engine-disk-full']({ free, needed, folder: dirname(folder) });
  if (entry.notice !== undefined) options.onProgress?.({ phase: 'notice', notice: entry.notice });
  const temporary = await mkdtemp(join(dirname(folder), `tmp-${hostname()}-${process.pid}-`));
  await using network = openNetwork();
  try {
    for (const wheel of entry.wheels) {
      const file = await obtain(wheel, join(temporary, 'wheel'), network, options);
      const total = wheel.members.reduce((sum, { size }) => sum + size, 0);
      await unpackWheel(file, wheel, temporary, progress(options, 'unpack', wheel.file, total));
      await rm(join(temporary, 'wheel'), { force: true });
    }
    await writeFile(join(temporary, 'complete'), `${entry.version}\n`);
    await rename(temporary, folder).catch(async () => {
      if (isUnpacked(folder)) return; // another process was faster
      await rm(folder, { recursive: true, force: true });
      await rename(temporary, folder);
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

type Wheel = LockedEngine['wheels'][number];

/** The path of a wheel whose bytes are the pinned ones: given, lying where pip looks, or downloaded to `to`. */
async function obtain(wheel: Wheel, to: string, network: Network, options: InstallOptions): Promise<string> {
  const given = typeof options.from === 'string' ? [options.from] : (options.from ?? []);
  const atHand =
    given.length === 1 ? given[0] : (given.find((path) => basename(path) === wheel.file) ?? wheelAtHand(wheel.file));
  if (atHand !== undefined) {
    await checkWheel(resolve(atHand), wheel, progress(options, 'check', wheel.file, wheel.size));
    return resolve(atHand);
  }
  const url = await locateWheel(network, await wheelIndexes(options.index), wheel);
  await downloadWheel(network, url, wheel, to, progress(options, 'download', wheel.file, wheel.size));
  return to;
}

function progress({ onProgress }: InstallOptions, phase: InstallProgress['phase'], file: string, total: number) {
  let done = 0;
  return (count: number): void => {
    done += count;
    onProgress?.({ phase, file, done, total });
  };
}

async function explain(error: unknown, folder: string, entry: LockedEngine): Promise<unknown> {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return errors['engine-disk-full'](
      { free: await freeRoom(folder), needed: neededRoom(entry), folder: dirname(folder) },
      { cause: error },
    );
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOTDIR')
    return errors['engine-cache-unwritable']({ folder: dirname(folder), reason: reasonOf(error) }, { cause: error });
  return error;
}
