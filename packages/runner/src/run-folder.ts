import {
  appendFileSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { RUN_FILES, type RunEvent } from '@counterweight/core';

import { errors } from './errors.js';

/**
 * A place for a run: a folder that does not exist, or is empty.
 * @throws out-not-empty, out-unwritable
 */
export function checkRunFolder(folder: string): void {
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    throw errors['out-unwritable']({ path: folder, message });
  }
  if (names.length > 0) throw errors['out-not-empty']({ folder });
}

/** The folder of one run. Files appear whole or not at all; events are appended, a line at a time. */
export class RunFolder {
  private constructor(readonly path: string) {}

  /** @throws out-not-empty, out-unwritable */
  static create(path: string): RunFolder {
    checkRunFolder(path);
    try {
      mkdirSync(path, { recursive: true });
    } catch (error) {
      throw errors['out-unwritable']({ path, message: (error as Error).message });
    }
    return new RunFolder(path);
  }

  /** Writes a file: temporary name, sync, rename. */
  write(name: (typeof RUN_FILES)[keyof typeof RUN_FILES], text: string): void {
    const [file, temporary] = [join(this.path, name), join(this.path, `.${name}.partial`)];
    const descriptor = openSync(temporary, 'w');
    try {
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw errors['out-unwritable']({ path: file, message: (error as Error).message });
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, file);
  }

  writeJson(name: (typeof RUN_FILES)[keyof typeof RUN_FILES], value: unknown): void {
    this.write(name, `${JSON.stringify(value, null, 2)}\n`);
  }

  event(event: RunEvent): void {
    appendFileSync(join(this.path, RUN_FILES.events), `${JSON.stringify(event)}\n`);
  }
}
