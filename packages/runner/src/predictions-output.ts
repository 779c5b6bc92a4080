/** Where predictions go: a stream that says when it is full, or a file that appears whole. */
import { rmSync } from 'node:fs';
import { link, lstat, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Writable } from 'node:stream';

import { errors } from './errors.js';

export interface TextOutput {
  /** False once nobody reads any longer; what is written then goes nowhere. */
  isRead(): boolean;
  /** Settles when more can be taken. @throws out-unwritable */
  write(text: string): Promise<void>;
  /** All is written. @throws out-unwritable */
  end(): Promise<void>;
  /** Something failed: nothing is to remain of a file. */
  abandon(): Promise<void>;
}

/** A stream that stays open, as standard output does. Whoever reads it may stop, as `head` does. */
export function streamOutput(stream: Writable): TextOutput {
  let failure: NodeJS.ErrnoException | undefined;
  let wake = (): void => undefined;
  const failed = (error: Error): void => {
    failure = error;
    wake();
  };
  const drained = (): void => {
    wake();
  };
  stream.on('error', failed).on('drain', drained);
  const isRead = (): boolean => {
    if (!failure) return true;
    if (failure.code === 'EPIPE') return false;
    throw errors['out-unwritable']({ path: 'standard output', message: failure.message }, { cause: failure });
  };
  const turn = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
      if (failure) resolve();
    });
  return {
    isRead,
    async write(text) {
      if (isRead() && !stream.write(text)) await turn();
      isRead();
    },
    async end() {
      if (isRead())
        await new Promise<void>((resolve) =>
          stream.write('', () => {
            resolve();
          }),
        );
      isRead();
      stream.off('drain', drained);
      // The listener for errors stays: a reader may leave after the last line.
    },
    abandon: () => Promise.resolve(),
  };
}

/**
 * A new file, under a temporary name beside it until it is whole.
 * @throws out-unwritable: also where something has that name
 */
export async function fileOutput(path: string): Promise<TextOutput> {
  const refuse = (error: unknown) =>
    errors['out-unwritable']({ path, message: (error as Error).message }, { cause: error });
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.partial`);
  if (await exists(path)) throw refuse(new Error('it exists, and is not overwritten'));
  const file = await open(temporary, 'wx').catch((error: unknown) => {
    throw refuse(error);
  });
  // Ended at once, as by a second Ctrl-C, nothing remains either.
  const remove = (): void => {
    rmSync(temporary, { force: true });
  };
  process.once('exit', remove);
  const abandon = async (): Promise<void> => {
    process.off('exit', remove);
    await file.close().catch(() => undefined);
    await unlink(temporary).catch(() => undefined);
  };
  const attempt = async (write: () => Promise<unknown>): Promise<void> => {
    try {
      await write();
    } catch (error) {
      await abandon();
      throw refuse(error);
    }
  };
  return {
    isRead: () => true,
    write: (text) => attempt(() => file.writeFile(text)),
    end: () =>
      attempt(async () => {
        await file.sync();
        await file.close();
        await place(temporary, path);
        process.off('exit', remove);
      }),
    abandon,
  };
}

/** Gives a file its name unless another has it by now. */
async function place(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
    await unlink(temporary);
  } catch (error) {
    // Some file systems have no links.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' || (await exists(path))) throw error;
    await rename(temporary, path);
  }
}

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    (error: unknown) => (error as NodeJS.ErrnoException).code !== 'ENOENT',
  );
