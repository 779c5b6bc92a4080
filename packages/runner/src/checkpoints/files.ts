/** Files that appear whole or not at all, and are read without trust. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** What of `node:fs/promises` is used: tests let each call of it fail. */
export interface FileSystem {
  mkdir(folder: string, options: { recursive: true }): Promise<unknown>;
  readdir(folder: string): Promise<string[]>;
  open(file: string, flags: number): Promise<OpenFile>;
  rename(from: string, to: string): Promise<void>;
  unlink(file: string): Promise<void>;
  statfs(folder: string): Promise<{ readonly bavail: number; readonly bsize: number }>;
}

export interface OpenFile {
  stat(): Promise<{ readonly size: number; isFile(): boolean }>;
  read(into: Uint8Array, offset: number, length: number): Promise<{ readonly bytesRead: number }>;
  write(bytes: Uint8Array, offset: number, length: number): Promise<{ readonly bytesWritten: number }>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface Written {
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** Of one read or write; hashing one block goes on while the disk has another. */
const BLOCK = 4 * 2 ** 20;
const { O_RDONLY, O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW, O_NONBLOCK } = constants;
const PARTIAL = '.partial';

/** Whether a name is that of a file whose writer did not live to finish it. */
export const isPartial = (name: string): boolean => name.startsWith('.') && name.endsWith(PARTIAL);

/**
 * Writes a file: temporary name, sync, rename, sync of the folder. Where that fails before the rename nothing is left.
 * @param parts one after the other
 * @throws what the file system throws
 */
export async function writeWhole(files: FileSystem, file: string, parts: readonly Uint8Array[]): Promise<Written> {
  const temporary = join(dirname(file), `.${basename(file)}${PARTIAL}`);
  try {
    const written = await writeParts(files, temporary, parts);
    await files.rename(temporary, file);
    await syncFolder(files, dirname(file));
    return written;
  } catch (error) {
    await files.unlink(temporary).catch(() => undefined);
    throw error;
  }
}

async function writeParts(files: FileSystem, file: string, parts: readonly Uint8Array[]): Promise<Written> {
  const hash = createHash('sha256');
  let bytes = 0;
  await opened(files, file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, async (target) => {
    for (const part of parts)
      for (let from = 0; from < part.length;) {
        const length = Math.min(BLOCK, part.length - from);
        const writing = target.write(part, from, length);
        hash.update(part.subarray(from, from + length));
        let { bytesWritten } = await writing;
        // A disk may take less than it was given.
        while (bytesWritten < length)
          bytesWritten += (await target.write(part, from + bytesWritten, length - bytesWritten)).bytesWritten;
        from += length;
        bytes += length;
      }
    await target.sync();
  });
  return { bytes, sha256: hash.digest('hex') };
}

/** Makes renames in a folder last. */
async function syncFolder(files: FileSystem, folder: string): Promise<void> {
  await opened(files, folder, O_RDONLY, async (handle) => {
    await handle.sync();
  });
}

/**
 * A file's bytes and their sha256. Neither a link nor a pipe is followed.
 * @param most bytes that it may have
 * @throws with the reason in words
 */
export function readWhole(
  files: FileSystem,
  file: string,
  most: number,
): Promise<{ bytes: Uint8Array; sha256: string }> {
  return opened(files, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, async (source) => {
    const stats = await source.stat();
    if (!stats.isFile()) throw new Error('not a file');
    if (stats.size > most) throw new Error(`${stats.size} bytes, at most ${most} were expected`);
    const bytes = Buffer.allocUnsafeSlow(stats.size);
    const hash = createHash('sha256');
    let reading = source.read(bytes, 0, Math.min(BLOCK, bytes.length));
    for (let from = 0; from < bytes.length;) {
      const { bytesRead } = await reading;
      if (bytesRead === 0) throw new Error(`it ended after ${from} of ${bytes.length} bytes`);
      const until = from + bytesRead;
      reading = source.read(bytes, until, Math.min(BLOCK, bytes.length - until));
      hash.update(bytes.subarray(from, until));
      from = until;
    }
    await reading;
    return { bytes, sha256: hash.digest('hex') };
  });
}

async function opened<T>(
  files: FileSystem,
  file: string,
  flags: number,
  use: (handle: OpenFile) => Promise<T>,
): Promise<T> {
  const handle = await files.open(file, flags);
  let result: T;
  try {
    result = await use(handle);
  } catch (error) {
    await handle.close().catch(() => undefined);
    throw error;
  }
  // Some file systems tell only now that they could not write.
  await handle.close();
  return result;
}
