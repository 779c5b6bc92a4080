// Where an engine is put together before it appears: a folder of one process, inside the folder of all engines.
//   tmp-PLACE-PID-START-RANDOM/   of a process; once that is dead, free to take
//   partial-RANDOM/               let go by a process whose installation failed: free to take
//   gone-RANDOM/                  being removed: never taken, whatever it still holds
// In it: ID/ becomes the engine; SHA256.unpacked says that a wheel's members are all in there; FILE.whl is a download, perhaps a part.
// Whoever takes or removes a folder renames it first, so that of several processes one succeeds.
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

import type { LockedWheel } from './lock.js';

const HOUR = 60 * 60 * 1000;
const OF_A_PROCESS = /^tmp-(.+)-(\d+)-(\d*)-[^-]+$/;

export interface Attempt {
  /** Becomes the engine. */
  readonly engine: string;
  /** Where a wheel's download lies, or is to lie. */
  download(wheel: LockedWheel): string;
  /** Whether all of a wheel's members are in `engine`. */
  isUnpacked(wheel: LockedWheel): boolean;
  setUnpacked(wheel: LockedWheel): Promise<void>;
  /** Bytes that lie there of wheels, packed and unpacked, whole or in part. */
  held(wheels: readonly LockedWheel[]): number;
  /** Ends it: what another attempt can go on from stays, if `keep`. */
  end(keep: boolean): Promise<void>;
}

/** Begins in a folder of its own, with what a dead or failed attempt at the same engine had; what else those left is removed. */
export async function beginAttempt(engines: string, id: string): Promise<Attempt> {
  await mkdir(engines, { recursive: true });
  const own = (await takeOver(engines, id)) ?? (await newFolder(engines));
  await mkdir(join(own, id), { recursive: true });
  const marker = ({ sha256 }: LockedWheel) => join(own, `${sha256}.unpacked`);
  const download = ({ file }: LockedWheel) => join(own, file);
  return {
    engine: join(own, id),
    download,
    isUnpacked: (wheel) =>
      existsSync(marker(wheel)) && wheel.members.every(({ to, size }) => sizeOf(join(own, id, to)) === size),
    async setUnpacked(wheel) {
      await writeFile(marker(wheel), '', { flush: true });
      await rm(download(wheel), { force: true });
    },
    held: (wheels) =>
      wheels
        .flatMap((wheel) => [download(wheel), ...wheel.members.map(({ to }) => join(own, id, to))])
        .reduce((sum, file) => sum + (sizeOf(file) ?? 0), 0),
    async end(keep) {
      const worth = readdirSync(own).some((name) => name !== id && sizeOf(join(own, name)) !== undefined);
      if (keep && worth) await rename(own, join(engines, `partial-${random(own)}`));
      else await discard(own);
    },
  };
}

/** A folder of this process alone while `use` runs, inside `parent`, which is made; what dead processes left there is removed. */
export async function withOwnFolder<T>(parent: string, use: (folder: string) => Promise<T>): Promise<T> {
  await mkdir(parent, { recursive: true });
  for (const name of readdirSync(parent)) if (isFree(join(parent, name), name)) await discard(join(parent, name));
  const own = await newFolder(parent);
  try {
    return await use(own);
  } finally {
    await discard(own);
  }
}

/** Removes a folder so that nobody finds a part of it. */
export async function discard(folder: string): Promise<void> {
  const gone = join(folder, '..', `gone-${random(folder)}-${process.hrtime.bigint()}`);
  if (await renamed(folder, gone)) await rm(gone, { recursive: true, force: true });
}

const newFolder = (parent: string): Promise<string> => mkdtemp(join(parent, prefix()));

async function takeOver(engines: string, id: string): Promise<string | undefined> {
  let taken: string | undefined;
  for (const name of readdirSync(engines)) {
    const [path, own] = [join(engines, name), join(engines, `${prefix()}${random(name)}`)];
    if (taken === undefined && isFree(path, name) && existsSync(join(path, id)) && (await renamed(path, own)))
      taken = own;
  }
  await removeLeftovers(engines, id);
  return taken;
}

/** Removes what dead and failed attempts at an engine left; of another engine, which somebody may go on with, after a day. */
export async function removeLeftovers(engines: string, id: string): Promise<void> {
  for (const name of readdirSync(engines)) {
    const path = join(engines, name);
    if (name.startsWith('gone-')) await rm(path, { recursive: true, force: true });
    else if (isFree(path, name) && (isOf(path, id) || Date.now() - lastWritten(path) > 24 * HOUR)) await discard(path);
  }
}

/** Of this engine, or of none any more. */
function isOf(attempt: string, id: string): boolean {
  try {
    const engines = readdirSync(attempt, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return engines.every(({ name }) => name === id);
  } catch {
    return false; // another process took it
  }
}

/** Nobody works on it: its process is dead, or is of another machine or container and has written nothing for an hour. */
function isFree(path: string, name: string): boolean {
  if (name.startsWith('partial-')) return true;
  const [, place, pid, start] = OF_A_PROCESS.exec(name) ?? [];
  if (place === undefined) return false;
  if (place !== here()) return Date.now() - lastWritten(path) > HOUR;
  return !isAlive(Number(pid)) || startOf(Number(pid)) !== start;
}

/** What process numbers count in: a machine, and on Linux a container's own numbering. */
function here(): string {
  try {
    return `${hostname()}.${readlinkSync('/proc/self/ns/pid').replaceAll(/\D/g, '')}`;
  } catch {
    return hostname();
  }
}

const prefix = (): string => `tmp-${here()}-${process.pid}-${startOf(process.pid)}-`;
const random = (path: string): string => /[^-]*$/.exec(path)?.[0] ?? '';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * When a process began, in the clock ticks of Linux, as numbers of processes are used again; empty elsewhere, and of one that is dead but
 * not yet buried: in a container nobody may ever do that.
 */
function startOf(pid: number): string {
  try {
    // The 20th value after the program's name, which may hold anything; the first is its state.
    return /^.*\) [^ZX] (?:\S+ ){18}(\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? '';
  } catch {
    return '';
  }
}

/** Milliseconds since 1970; of a folder that vanishes meanwhile, now. */
function lastWritten(folder: string): number {
  try {
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    return Math.max(...['.', ...names].map((name) => statSync(join(folder, name)).mtimeMs));
  } catch {
    return Date.now();
  }
}

/** Bytes; undefined where there is no such file. */
function sizeOf(file: string): number | undefined {
  const found = statSync(file, { throwIfNoEntry: false });
  return found?.isFile() === true ? found.size : undefined;
}

/** False if another process was faster. */
const renamed = (from: string, to: string): Promise<boolean> =>
  rename(from, to).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
      throw error;
    },
  );
