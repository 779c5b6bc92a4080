import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { errors } from './errors.js';

/** A file for as long as it is open: it loses its name at once, so that nothing is left when the process is killed. */
export interface TemporaryFile {
  readonly handle: FileHandle;
  append(bytes: Uint8Array): Promise<void>;
}

/** @throws features-temporary-file, here and when appending */
export async function temporaryFile(): Promise<TemporaryFile> {
  const folder = tmpdir();
  const guard = async <T>(doing: () => Promise<T>): Promise<T> => {
    try {
      return await doing();
    } catch (cause) {
      throw errors['features-temporary-file']({ folder, reason: (cause as Error).message }, { cause });
    }
  };
  const handle = await guard(async () => {
    const own = await mkdtemp(join(folder, 'counterweight-features-'));
    try {
      return await open(join(own, 'matrix'), 'w+');
    } finally {
      await rm(own, { recursive: true });
    }
  });
  let size = 0;
  const append = async (bytes: Uint8Array): Promise<void> => {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, size);
      done += bytesWritten;
      size += bytesWritten;
    }
  };
  return { handle, append: (bytes) => guard(() => append(bytes)) };
}
