import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';

import { errors } from './errors.js';
import { ManifestError } from './manifest-error.js';
import { nearestFile } from './nearest.js';

const LIMIT = 256 * 1024;

/**
 * The text of a manifest.
 * @param file as it was named, for messages
 * @param path absolute
 * @throws ManifestError (manifest-unreadable): missing, a folder, too large, not UTF-8
 */
export function readManifestFile(file: string, path: string): string {
  const fail = (found: string, near?: string): ManifestError =>
    new ManifestError(file, [errors['manifest-unreadable']({ found, nearest: near }, { place: { file } })]);
  let bytes: Uint8Array;
  try {
    const stats = statSync(path);
    if (stats.isDirectory()) throw fail('a folder', manifestsIn(path)[0]);
    if (stats.size > LIMIT) throw fail(`a file of ${Math.ceil(stats.size / 1024)} KiB`);
    bytes = readFileSync(path);
  } catch (error) {
    if (error instanceof ManifestError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw fail(message);
    throw fail(
      'no such file',
      nearestFile(
        basename(path),
        manifestsIn(dirname(path)).map((other) => basename(other)),
      ),
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw fail('bytes that are not UTF-8');
  }
}

function manifestsIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => ['.yaml', '.yml'].includes(extname(name)))
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}
