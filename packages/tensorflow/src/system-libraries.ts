// Where the loader finds this machine's own libraries, and which C library it is.
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { withElf } from './elf.js';

const PLACES = {
  x64: ['/lib/x86_64-linux-gnu', '/usr/lib/x86_64-linux-gnu'],
  arm64: ['/lib/aarch64-linux-gnu', '/usr/lib/aarch64-linux-gnu'],
} as const;

/** The path of a library by its name: the one that this process has loaded, or the first in the loader's usual folders. */
export function systemLibrary(name: string): string | undefined {
  const folders = [
    ...(process.env['LD_LIBRARY_PATH'] ?? '').split(':').filter((folder) => folder !== ''),
    ...(process.arch === 'x64' || process.arch === 'arm64' ? PLACES[process.arch] : []),
    ...['/lib64', '/usr/lib64', '/lib', '/usr/lib'],
  ];
  return loaded().get(name) ?? folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** Of this process, by name; what was asked of one library holds for all that are loaded later. */
function loaded(): ReadonlyMap<string, string> {
  try {
    const paths = readFileSync('/proc/self/maps', 'utf8').matchAll(/ (\/\S*\.so[.\d]*)$/gm);
    return new Map([...paths].map(([, path = '']) => [basename(path), path]));
  } catch {
    return new Map();
  }
}

/** Alpine's C library, for which TensorFlow is not built. */
export function isMusl(program = process.execPath): boolean {
  if (process.platform !== 'linux') return false;
  try {
    return withElf(program, ({ interpreter }) => interpreter?.includes('ld-musl') === true);
  } catch {
    return false;
  }
}
