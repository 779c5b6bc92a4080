import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

import { isImage, SIGNATURE_BYTES } from './signature.js';

/** No photograph is larger; a film with the name of one is. */
const LARGEST = 512 * 1024 ** 2;

/**
 * The bytes of an image file.
 * @param path absolute, without links
 * @throws Error in words: missing, no permission, not a file, empty, no image, too large
 */
export function readImageFile(path: string): Promise<Uint8Array> {
  return withImageFile(path, async (file, size) => {
    if (size > LARGEST) throw new Error(`a file of ${(size / 1e6).toFixed(0)} MB; images have 512 MB at most`);
    return file.readFile();
  });
}

/** Looks at the first bytes only. Throws as `readImageFile` does. */
export const checkImageFile = (path: string): Promise<void> => withImageFile(path, () => Promise.resolve());

/**
 * Without waiting: a pipe that nobody writes into would never open. And without following a link: the path had none when it was
 * found, so one that is there now leads to where nobody looked. (Windows has neither flag: undefined counts as 0.)
 */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

async function withImageFile<T>(path: string, use: (file: FileHandle, size: number) => Promise<T>): Promise<T> {
  const file = await open(path, FLAGS).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ELOOP') throw new Error('a link has taken its place');
    return inWords(error);
  });
  try {
    const stats = await file.stat();
    if (stats.isDirectory()) throw new Error('a folder, not a file');
    if (!stats.isFile()) throw new Error('not a regular file');
    if (stats.size === 0) throw new Error('an empty file');
    const start = new Uint8Array(SIGNATURE_BYTES);
    await file.read(start, 0, SIGNATURE_BYTES, 0).catch(inWords);
    if (!isImage(start)) throw new Error('not a PNG, JPEG, WebP or GIF file');
    return await use(file, stats.size);
  } finally {
    await file.close();
  }
}

export const NOT_THERE = 'not there';

const words: Readonly<Record<string, string>> = {
  ENOENT: NOT_THERE,
  ENOTDIR: NOT_THERE,
  EACCES: 'no permission to read it',
  EPERM: 'no permission to read it',
  ELOOP: 'a circle of links',
  ENAMETOOLONG: 'too long for the name of a file',
  ENXIO: 'not a regular file',
  EISDIR: 'a folder, not a file',
};

/** What a failure of the file system means for the one file it is about. */
export const fileProblem = (error: unknown): string => {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return words[code] ?? message.split('\n', 1)[0] ?? code;
};

const inWords = (error: unknown): never => {
  throw new Error(fileProblem(error), { cause: error });
};
