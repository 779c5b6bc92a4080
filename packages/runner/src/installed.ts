import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Kind } from '@counterweight/core';

import { KNOWN_WITHOUT_PLUGINS } from './known-packages.js';
import { ancestors, ownPackage, packageFolder, type PackageFolder } from './package-folder.js';
import { KEYWORD } from './plugin-kinds.js';

/** Where plugins are looked for, and what is installed there. */
export class PluginFolders {
  private found: readonly PackageFolder[] | undefined;

  /** In order: the manifest's, the working directory, the command's own. */
  readonly folders: readonly string[];

  constructor(manifestFolder: string, workingFolder: string) {
    this.folders = [manifestFolder, workingFolder, dirname(fileURLToPath(import.meta.url))];
  }

  /**
   * The packages that a manifest can name and that say in their package.json that they hold plugins: by a keyword
   * (`counterweight-plugin`, `counterweight-loss`), or by core as a peer. By name. Nothing is imported, each folder read once.
   */
  packages(): readonly PackageFolder[] {
    this.found ??= namesFrom(this.folders).flatMap((name) => {
      const found = packageFolder(name, this.folders);
      return found && this.mayHold(found) ? [found] : [];
    });
    return this.found;
  }

  /** Whether a package says by a keyword that it holds plugins. */
  promises({ manifest }: PackageFolder): boolean {
    return keywordsOf(manifest).some((word) => typeof word === 'string' && word.startsWith(KEYWORD));
  }

  /** Without a keyword a peer tells; but not of the package that a folder is part of: that may be an application. */
  private mayHold(found: PackageFolder): boolean {
    if (this.promises(found)) return true;
    const { name, manifest, from } = found;
    const isPeer = Object.hasOwn(manifest.peerDependencies ?? {}, CORE);
    return isPeer && ownPackage(from)?.name !== name && !KNOWN_WITHOUT_PLUGINS.includes(name);
  }

  /** The names of those that say by a keyword that they hold plugins of a kind, or of any; for messages. */
  installed(kind?: Kind): readonly string[] {
    return this.packages()
      .filter((found) =>
        kind === undefined ? this.promises(found) : keywordsOf(found.manifest).includes(`${KEYWORD}${kind}`),
      )
      .map(({ name }) => name);
  }
}

const CORE = '@counterweight/core';

const keywordsOf = ({ keywords }: PackageFolder['manifest']): readonly unknown[] =>
  Array.isArray(keywords) ? keywords : [];

/** What may hold plugins, sorted: a quick look that reads no JSON of the hundreds of packages that are none of ours. */
function namesFrom(folders: readonly string[]): readonly string[] {
  const own = folders.flatMap((folder) => ownPackage(folder)?.name ?? []);
  const places = new Set(folders.flatMap(ancestors).map((above) => join(above, 'node_modules')));
  const installed = [...places].flatMap((place) => packagesIn(place).filter((name) => mentionsUs(join(place, name))));
  return [...new Set([...own, ...installed])].sort();
}

const packagesIn = (place: string): readonly string[] =>
  list(place).flatMap((name) => (name.startsWith('@') ? list(join(place, name)).map((own) => `${name}/${own}`) : name));

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith('.'));
  } catch {
    return [];
  }
}

function mentionsUs(folder: string): boolean {
  try {
    const text = readFileSync(join(folder, 'package.json'), 'utf8');
    return text.includes(KEYWORD) || text.includes(CORE);
  } catch {
    return false;
  }
}
