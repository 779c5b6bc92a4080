import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { moduleResolve } from 'import-meta-resolve';

import { errors } from './errors.js';
import { packageFolder, type PackageFolder } from './package-folder.js';

/** A package that is installed, and the file that `import` means by its name. */
export interface ResolvedPackage extends PackageFolder {
  readonly version: string;
  /** Of the module, links followed. */
  readonly path: string;
}

/**
 * The package that Node loads by a name, from the first of some folders that has it. Undefined where none has.
 * @throws plugin-unresolvable: it is there, and leads to no file
 */
export function resolvePackage(name: string, folders: readonly string[]): ResolvedPackage | undefined {
  const found = packageFolder(name, folders);
  if (!found) return undefined;
  const { folder, from, manifest } = found;
  const unresolvable = (message: string, cause?: unknown) =>
    errors['plugin-unresolvable']({ use: name, folder, message }, { cause });
  if (!statSync(join(folder, 'package.json'), { throwIfNoEntry: false })) throw unresolvable('it has no package.json');
  try {
    const path = importedFile(name, from);
    if (path === undefined) return undefined; // a module of Node
    return { ...found, version: manifest.version ?? 'unknown', path };
  } catch (error) {
    throw unresolvable(reason(error as NodeJS.ErrnoException), error);
  }
}

/** The file that `import NAME` means in a folder. @throws what Node says where there is none */
export function importedFile(name: string, folder: string): string | undefined {
  const url = moduleResolve(name, pathToFileURL(join(folder, 'from.js')), new Set(['node', 'import']));
  return url.protocol === 'file:' ? fileURLToPath(url) : undefined;
}

function reason({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'ERR_PACKAGE_PATH_NOT_EXPORTED':
      return 'its `exports` have no "." for import';
    case 'ERR_MODULE_NOT_FOUND':
    case 'ERR_UNSUPPORTED_DIR_IMPORT':
      return 'its main file is not there';
    default:
      return message.split('\n')[0]!;
  }
}
