import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

import {
  isCounterweightError,
  resolvedRun,
  RUN_FILES,
  runMetrics,
  type ResolvedRun,
  type RunEvent,
  type RunMetrics,
} from '@counterweight/core';

import { errors } from './errors.js';
import { EventLog } from './event-log.js';
import { LOCK, lockRun } from './run-lock.js';
import { readRecord } from './run-record.js';

const PARTIAL = '.partial';

/**
 * What an earlier process left in a run's folder: undefined where it has not come to train, so that a run starts there.
 * @throws out-not-empty: files that no run wrote; run-record-invalid, out-unwritable
 */
export function recordedRun(folder: string): ResolvedRun | undefined {
  const names = namesIn(folder);
  const own = new Set<string>(Object.values(RUN_FILES));
  if (names.some((name) => !own.has(name))) throw errors['out-not-empty']({ folder });
  return names.includes(RUN_FILES.resolved) ? readRecord(folder, RUN_FILES.resolved, resolvedRun) : undefined;
}

/** The folder of one run, held by one process. Files appear whole or not at all; events are appended, a line at a time. */
export class RunFolder {
  private readonly events: EventLog;

  private constructor(
    readonly path: string,
    private readonly release: () => void,
  ) {
    this.events = new EventLog(join(path, RUN_FILES.events));
  }

  /**
   * A folder for a new run: one that does not exist, or is empty.
   * @throws out-not-empty, run-in-use, out-unwritable
   */
  static create(path: string): RunFolder {
    return RunFolder.held(path, () => {
      if (namesIn(path).length > 0) throw errors['out-not-empty']({ folder: path });
    });
  }

  /**
   * A folder to go on in, or to begin in where no run has.
   * @throws run-in-use: by another process of this machine; out-not-empty, run-record-invalid, out-unwritable
   */
  static open(path: string): RunFolder {
    return RunFolder.held(path, () => recordedRun(path));
  }

  /** @param check once before anything is written, and once when nobody else writes any longer */
  private static held(path: string, check: () => unknown): RunFolder {
    check();
    const made = writing(path, () => mkdirSync(path, { recursive: true }));
    const letGo = writing(path, () => lockRun(path));
    const release = (): void => {
      try {
        letGo();
        if (made !== undefined) removeEmpty(path, made);
      } catch {
        // A disk that can no longer be written: the lock is that of a process that is gone.
      }
    };
    try {
      check();
      return new RunFolder(path, release);
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Of the run that began here, if one did. */
  recorded(): ResolvedRun | undefined {
    return recordedRun(this.path);
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

  /**
   * Writes a folder: under a temporary name first, synced, renamed. One that is there is replaced.
   * @throws out-unwritable, nothing of it is left; what else `fill` throws
   */
  async writeFolder(name: string, fill: (folder: string) => Promise<void>): Promise<void> {
    const [folder, temporary] = [join(this.path, name), join(this.path, `.${name}${PARTIAL}`)];
    try {
      rmSync(temporary, { recursive: true, force: true });
      await fill(temporary);
      for (const file of [...filesIn(temporary), temporary]) sync(file);
      rmSync(folder, { recursive: true, force: true });
      renameSync(temporary, folder);
    } catch (error) {
      writing(temporary, () => {
        rmSync(temporary, { recursive: true, force: true });
      });
      const cause = ofFileSystem(error);
      if (!cause) throw error;
      throw errors['out-unwritable']({ path: folder, message: cause.message }, { cause: error });
    }
  }

  /** @throws out-unwritable: the event is then kept, and written before the next one */
  event(event: RunEvent): void {
    writing(join(this.path, RUN_FILES.events), () => {
      this.events.append(event);
    });
  }

  /** Bytes of events so far: what a checkpoint remembers. @throws out-unwritable where some are not written yet */
  eventBytes(): number {
    return writing(join(this.path, RUN_FILES.events), () => this.events.bytes());
  }

  /** Drops the events after so many bytes: what happened after a checkpoint happens again. */
  rewindEvents(bytes: number): void {
    writing(join(this.path, RUN_FILES.events), () => {
      this.events.rewind(bytes);
    });
  }

  /**
   * What a finished run has measured. Undefined where a file is missing: all can be written again from the last checkpoint.
   * @throws run-record-invalid
   */
  metrics(): RunMetrics | undefined {
    const { callbacks: _, checkpoints: __, ...results } = RUN_FILES;
    const isWhole = Object.values(results).every((name) => existsSync(join(this.path, name)));
    return isWhole ? readRecord(this.path, RUN_FILES.metrics, runMetrics) : undefined;
  }

  /** Lets go of it. A folder in which nothing was written is gone. */
  close(): void {
    this.release();
  }
}

/** But for the lock, and what a process did not live to finish. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name !== LOCK && !name.endsWith(PARTIAL));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    throw errors['out-unwritable']({ path: folder, message });
  }
}

const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));

function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Removes a folder and those above it up to the first that was made for it. Ends at one that is not empty. */
function removeEmpty(folder: string, first: string): void {
  rmdirSync(folder);
  if (folder !== first) removeEmpty(dirname(folder), first);
}

/** The failure of the file system that an error comes from, if it does. */
function ofFileSystem(error: unknown): NodeJS.ErrnoException | undefined {
  if (!(error instanceof Error)) return undefined;
  return 'syscall' in error ? (error as NodeJS.ErrnoException) : ofFileSystem(error.cause);
}

function writing<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    if (isCounterweightError(error)) throw error;
    throw errors['out-unwritable']({ path, message: (error as Error).message }, { cause: error });
  }
}
