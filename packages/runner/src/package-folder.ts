import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What is read of a package.json, as far as it can be trusted. */
export interface PackageManifest {
  readonly name?: string;
  readonly version?: string;
  readonly description?: string;
  readonly keywords?: readonly unknown[];
  readonly exports?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** A package where Node finds it. */
export interface PackageFolder {
  /** As it is imported; an alias's own name where it was installed under one. */
  readonly name: string;
  /** As found, links not followed: `…/node_modules/NAME`, or the package's own folder. */
  readonly folder: string;
  /** Empty where its package.json cannot be read. */
  readonly manifest: PackageManifest;
  /** From where it was found: one of the folders that were asked for. */
  readonly from: string;
}

/**
 * The folder that `import NAME` means from the first of some folders that has it, by Node's rules: the package that a folder
 * is part of (if it has `exports`), then `node_modules` of the folder and of each above it.
 */
export function packageFolder(name: string, folders: readonly string[]): PackageFolder | undefined {
  for (const from of folders) {
    const own = ownPackage(from);
    if (own?.name === name) return { ...own, from };
    for (const place of ancestors(from).map((above) => join(above, 'node_modules', name)))
      if (isFolder(place)) return { name, folder: place, manifest: readPackage(place) ?? {}, from };
  }
  return undefined;
}

/** The package that a folder is part of, where it can import itself by name. */
export function ownPackage(folder: string): Omit<PackageFolder, 'from'> | undefined {
  for (const above of ancestors(folder)) {
    if (above.endsWith('node_modules')) return undefined;
    const manifest = readPackage(above);
    if (!manifest) continue;
    const { name, exports } = manifest;
    return typeof name === 'string' && exports !== undefined && exports !== null
      ? { name, folder: above, manifest }
      : undefined;
  }
  return undefined;
}

/** Its package.json. Undefined where there is none, or none that is JSON. */
export function readPackage(folder: string): PackageManifest | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return undefined;
  }
}

/** A folder, the one that it is in, and so on. */
export const ancestors = (folder: string): readonly string[] =>
  dirname(folder) === folder ? [folder] : [folder, ...ancestors(dirname(folder))];

/** False too of what no file system takes as a path. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
