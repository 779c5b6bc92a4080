import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

import { errors } from './errors.js';

/**
 * The absolute path of a file or folder that the manifest names.
 * @throws data-path-missing
 */
export async function namedPath(base: string, option: string, path: string, kind: 'file' | 'folder'): Promise<string> {
  const absolute = resolve(base, path);
  const stats = await stat(absolute).catch(() => undefined);
  const found = stats === undefined ? 'nothing' : stats.isDirectory() ? 'folder' : stats.isFile() ? 'file' : 'device';
  if (found !== kind)
    throw errors['data-path-missing']({ option, path: absolute, kind, found: stats ? `a ${found}` : found });
  return absolute;
}

const unzip = promisify(gunzip);

/** The bytes of a file, unpacked when its name ends in `.gz`, to `limit` bytes at most (RangeError beyond). */
export async function readUnpacked(path: string, limit?: number): Promise<Uint8Array> {
  const bytes = await readFile(path);
  if (!path.endsWith('.gz')) return bytes;
  return unzip(bytes, limit === undefined ? {} : { maxOutputLength: limit });
}
