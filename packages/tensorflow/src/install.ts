import { rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { isCounterweightError } from '@counterweight/core';

import { type Attempt, beginAttempt, discard, removeLeftovers } from './attempt.js';
import { engineFolder, findEngine, type InstalledEngine, isUnpacked } from './cache.js';
import { explainDisk, isDiskFull } from './disk.js';
import { errors } from './errors.js';
import { type Device, type LockedEngine, lockedEngine, lockId } from './lock.js';
import { freeRoom, neededRoom, requireNode, requireProcessor } from './machine.js';
import { makeBinding, planBinding } from './make-binding.js';
import { openNetwork } from './network.js';
import { obtainWheel, requireGiven } from './obtain.js';
import { prebuiltFolder } from './prebuilt.js';
import { progressOf } from './progress.js';
import { unpackWheel } from './wheel.js';

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
  /** Wheels at hand: paths of files, or of folders that hold them. Names count; only the one file of an engine of one wheel may have any. */
  readonly from?: string | readonly string[];
  /** Seconds to wait before each further try of a download that broke; each continues where the last one ended. Default [1, 2, 4, 8]. */
  readonly retryAfter?: readonly number[];
  readonly onProgress?: (progress: InstallProgress) => void;
}

/**
 * Installs the engine into the cache, or what is missing of it; does nothing when it is there. Every file is checked against the lock.
 * The engine appears by one rename: it may be interrupted at any moment, and of two at once one wins. What an interrupted or failed
 * installation had unpacked and downloaded is used by the next. Throws every error of `errors.ts` that is about installing.
 */
export async function installEngine(
  options: InstallOptions = {},
  entry = lockedEngine(options.device),
  prebuilt = prebuiltFolder(),
): Promise<InstalledEngine> {
  const { device = 'cpu' } = options;
  const installed = findEngine(device, entry);
  if (installed !== undefined) {
    // A cache that may only be read is as good.
    await removeLeftovers(dirname(installed.folder), lockId(entry)).catch(() => undefined);
    return installed;
  }
  requireNode();
  requireProcessor();
  const plan = await planBinding(prebuilt);
  const folder = engineFolder(entry);
  try {
    if (!isUnpacked(folder)) await unpackEngine(entry, folder, options);
    if (plan.compiler !== undefined) options.onProgress?.({ phase: 'compile' });
    return { device, folder, version: entry.version, ...(await makeBinding(plan, folder, entry)) };
  } catch (error) {
    if (isCounterweightError(error)) throw error;
    throw explainDisk(error, folder, { free: await freeRoom(folder), needed: neededRoom(entry) });
  }
}

async function unpackEngine(entry: LockedEngine, folder: string, options: InstallOptions): Promise<void> {
  const attempt = await beginAttempt(dirname(folder), lockId(entry));
  let keep = true;
  try {
    await fill(attempt, entry, folder, options);
    await writeFile(join(attempt.engine, 'complete'), `${entry.version}\n`, { flush: true });
    await rename(attempt.engine, folder).catch(async () => {
      if (isUnpacked(folder)) return; // another process was faster
      await discard(folder);
      await rename(attempt.engine, folder);
    });
    keep = false;
  } catch (error) {
    keep = !isDiskFull(error); // whose room is needed
    throw error;
  } finally {
    await attempt.end(keep);
  }
}

async function fill(attempt: Attempt, entry: LockedEngine, folder: string, options: InstallOptions): Promise<void> {
  requireGiven(entry, options.from);
  const missing = entry.wheels.filter((wheel) => !attempt.isUnpacked(wheel));
  const [free, needed] = [await freeRoom(folder), neededRoom({ wheels: missing }) - attempt.held(missing)];
  if (free < needed) throw errors['engine-disk-full']({ free, needed, folder: dirname(folder) });
  if (entry.notice !== undefined) options.onProgress?.({ phase: 'notice', notice: entry.notice });
  await using network = openNetwork();
  for (const wheel of missing) {
    const file = await obtainWheel(wheel, attempt.download(wheel), network, options, entry.wheels.length === 1);
    const total = wheel.members.reduce((sum, { size }) => sum + size, 0);
    await unpackWheel(file, wheel, attempt.engine, progressOf(options, 'unpack', wheel.file, total));
    await attempt.setUnpacked(wheel);
  }
}
