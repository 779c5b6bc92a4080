import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

/** The repository's root: the nearest folder above this file that holds the workspace's package.json. */
export const ROOT = ((): string => {
  let folder = fileURLToPath(new URL('.', import.meta.url));
  while (!existsSync(join(folder, 'tsconfig.base.json'))) folder = join(folder, '..');
  return folder;
})();

export interface PackageFolder {
  /** Unscoped. */
  readonly name: string;
  readonly folder: string;
  readonly manifest: {
    readonly name: string;
    readonly version: string;
    readonly keywords?: readonly string[];
    readonly scripts?: Readonly<Record<string, string>>;
    readonly dependencies?: Readonly<Record<string, string>>;
    readonly peerDependencies?: Readonly<Record<string, string>>;
  };
}

/** Every published package, by its folder's name. */
export function packageFolders(): readonly PackageFolder[] {
  const packages = join(ROOT, 'packages');
  return readdirSync(packages)
    .filter((name) => existsSync(join(packages, name, 'package.json')))
    .map((name) => {
      const folder = join(packages, name);
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as PackageFolder['manifest'];
      return { name, folder, manifest };
    });
}
