/** One process a run folder: a file that says which. */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { errors } from './errors.js';

export const LOCK = 'run.lock';

interface Lock {
  readonly host: string;
  readonly process: number;
  /** When the process began, where the system tells; its number alone may have been given again. */
  readonly started: string | null;
}

/**
 * Takes a folder. Of several processes that try, one gets it; what a killed one left is removed.
 * @returns how to let go of it
 * @throws run-in-use: by a living process of this machine; what the file system throws
 */
export function lockRun(folder: string): () => void {
  const [file, own] = [join(folder, LOCK), join(folder, `.${LOCK}.${process.pid}.partial`)];
  const text = JSON.stringify({
    host: hostname(),
    process: process.pid,
    started: startOf(process.pid),
  } satisfies Lock);
  try {
    writeFileSync(own, `${text}\n`);
    while (!appears(own, file)) {
      const holder = textOf(file);
      refuseLiving(holder, folder, file);
      takeAway(holder, file, `${own}.left.partial`);
    }
  } finally {
    rmSync(own, { force: true });
  }
  return () => {
    if (textOf(file) === `${text}\n`) rmSync(file, { force: true });
  };
}

/** Whole, under its name, unless another is there: a link tells that, and where there are none, exclusive creation. */
function appears(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error;
  }
  try {
    writeFileSync(to, readFileSync(from), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** A lock whose holder is gone. One that another process has put there meanwhile is given back. */
function takeAway(expected: string | undefined, file: string, aside: string): void {
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (textOf(aside) !== expected) appears(aside, file);
  rmSync(aside, { force: true });
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** @throws run-in-use */
function refuseLiving(text: string | undefined, folder: string, file: string): void {
  let holder: Lock;
  try {
    holder = JSON.parse(text ?? '') as Lock;
  } catch {
    return; // damaged: what we write is whole
  }
  if (isAlive(holder)) throw errors['run-in-use']({ folder, process: holder.process, lock: file });
}

function isAlive({ host, process: holder, started }: Lock): boolean {
  if (host !== hostname() || startOf(holder) !== started) return false;
  // Where the system does not tell when a process began, one of our number is a dead one from before.
  if (holder === process.pid) return started !== null;
  try {
    return process.kill(holder, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The 22nd field of Linux' /proc/PID/stat, in ticks since the machine started; null elsewhere. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, a name in brackets, may hold spaces.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
