import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';

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
