import {
  appendFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

import {
  resolvedRun,
  RUN_FILES,
  runMetrics,
  type ResolvedRun,
  type RunEvent,
  type RunMetrics,
} from '@counterweight/core';

import { errors } from './errors.js';

/**
 * A place for a run: a folder that does not exist, or is empty.
 * @throws out-not-empty, out-unwritable
 */
export function checkRunFolder(folder: string): void {
  if (namesIn(folder).length > 0) throw errors['out-not-empty']({ folder });
}

/**
 * What an earlier process left in a run's folder: undefined where it has not come to train, so that a run starts there.
 * @throws out-not-empty: files that no run wrote; run-record-invalid, out-unwritable
 */
export function recordedRun(folder: string): ResolvedRun | undefined {
  const names = namesIn(folder);
  const own = new Set<string>([...Object.values(RUN_FILES), LOCK]);
  if (names.some((name) => !own.has(name) && !name.endsWith(PARTIAL))) throw errors['out-not-empty']({ folder });
  return names.includes(RUN_FILES.resolved) ? parsed(folder, RUN_FILES.resolved, resolvedRun) : undefined;
}

const LOCK = 'run.lock';
const PARTIAL = '.partial';

/** The folder of one run, held by one process. Files appear whole or not at all; events are appended, a line at a time. */
export class RunFolder {
  private constructor(readonly path: string) {}

  /** @throws out-not-empty, out-unwritable */
  static create(path: string): RunFolder {
    checkRunFolder(path);
    return RunFolder.open(path);
  }

  /**
   * A folder to go on in.
   * @throws run-in-use: by another process of this machine; out-unwritable
   */
  static open(path: string): RunFolder {
    writing(path, () => mkdirSync(path, { recursive: true }));
    const folder = new RunFolder(path);
    folder.lock();
    return folder;
  }

  /** Writes a file: temporary name, sync, rename. */
  write(name: string, text: string): void {
    const [file, temporary] = [join(this.path, name), join(this.path, `.${name}${PARTIAL}`)];
    writing(file, () => {
      const descriptor = openSync(temporary, 'w');
      try {
        writeFileSync(descriptor, text);
        fsyncSync(descriptor);
      } catch (error) {
        rmSync(temporary, { force: true });
        throw error;
      } finally {
        closeSync(descriptor);
      }
      renameSync(temporary, file);
    });
  }

  writeJson(name: string, value: unknown): void {
    this.write(name, `${JSON.stringify(value, null, 2)}\n`);
  }

  /** Writes a folder: under a temporary name first. One that is there is replaced. */
  async writeFolder(name: string, fill: (folder: string) => Promise<void>): Promise<void> {
    const [folder, temporary] = [join(this.path, name), join(this.path, `.${name}${PARTIAL}`)];
    rmSync(temporary, { recursive: true, force: true });
    await fill(temporary);
    rmSync(folder, { recursive: true, force: true });
    renameSync(temporary, folder);
  }

  event(event: RunEvent): void {
    const file = join(this.path, RUN_FILES.events);
    writing(file, () => {
      appendFileSync(file, `${JSON.stringify(event)}\n`);
    });
  }

  /** Bytes of events so far: what a checkpoint remembers. */
  eventBytes(): number {
    return statSync(join(this.path, RUN_FILES.events), { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Drops the events after so many bytes: what happened after a checkpoint happens again. */
  rewindEvents(bytes: number): void {
    if (this.eventBytes() > bytes) truncateSync(join(this.path, RUN_FILES.events), bytes);
  }

  /** Undefined while the run is not finished. */
  metrics(): RunMetrics | undefined {
    return existsSync(join(this.path, RUN_FILES.metrics))
      ? parsed(this.path, RUN_FILES.metrics, runMetrics)
      : undefined;
  }

  close(): void {
    rmSync(join(this.path, LOCK), { force: true });
  }

  /** Of a process that was killed a lock remains; on this machine it can be told whether that process is still there. */
  private lock(): void {
    const file = join(this.path, LOCK);
    const holder = readLock(file);
    if (holder && isAlive(holder))
      throw errors['run-in-use']({ folder: this.path, process: holder.process, lock: file });
    this.writeJson(LOCK, { host: hostname(), process: process.pid, started: startOf(process.pid) } satisfies Lock);
  }
}

interface Lock {
  readonly host: string;
  readonly process: number;
  /** When the process began, where the system tells; its number alone may have been given again. */
  readonly started: string | null;
}

function readLock(file: string): Lock | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Lock;
  } catch {
    return undefined;
  }
}

function isAlive({ host, process: holder, started }: Lock): boolean {
  if (host !== hostname() || holder === process.pid || startOf(holder) !== started) return false;
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

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    throw errors['out-unwritable']({ path: folder, message });
  }
}

interface Schema<T> {
  parse(value: unknown): T;
}

function parsed<T>(folder: string, name: string, schema: Schema<T>): T {
  const file = join(folder, name);
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw errors['run-record-invalid']({ message: (error as Error).message }, { place: { file }, cause: error });
  }
}

function writing(path: string, write: () => unknown): void {
  try {
    write();
  } catch (error) {
    throw errors['out-unwritable']({ path, message: (error as Error).message }, { cause: error });
  }
}
