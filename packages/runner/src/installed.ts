import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Kind } from '@counterweight/core';

/** Where plugins are looked for, and what is installed there. */
export class PluginFolders {
  private found: readonly Found[] | undefined;

  /** In order: the manifest's, the working directory, the command's own. */
  readonly folders: readonly string[];

  constructor(manifestFolder: string, workingFolder: string) {
    this.folders = [manifestFolder, workingFolder, dirname(fileURLToPath(import.meta.url))];
  }

  /**
   * The packages that say in their `keywords` that they hold plugins of a kind (`counterweight-loss`), where Node would look
   * from each of the folders. Reads package.json files only, and once; for messages.
   */
  installed(kind: Kind): readonly string[] {
    this.found ??= scan(this.folders);
    const names = this.found.filter(({ keywords }) => keywords.includes(`${KEYWORD}${kind}`)).map(({ name }) => name);
    return [...new Set(names)].sort();
  }
}

interface Found {
  readonly name: string;
  readonly keywords: readonly unknown[];
}

const KEYWORD = 'counterweight-';

function scan(folders: readonly string[]): readonly Found[] {
  const places = new Set(folders.flatMap(ancestors).map((folder) => join(folder, 'node_modules')));
  return [...places].flatMap((place) =>
    packagesIn(place).map((name) => ({ name, keywords: keywordsIn(join(place, name)) })),
  );
}

const ancestors = (folder: string): readonly string[] =>
  dirname(folder) === folder ? [folder] : [folder, ...ancestors(dirname(folder))];

const packagesIn = (place: string): readonly string[] =>
  list(place).flatMap((name) => (name.startsWith('@') ? list(join(place, name)).map((own) => `${name}/${own}`) : name));

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith('.'));
  } catch {
    return [];
  }
}

function keywordsIn(folder: string): readonly unknown[] {
  try {
    const text = readFileSync(join(folder, 'package.json'), 'utf8');
    if (!text.includes(KEYWORD)) return []; // hundreds of packages are none of ours
    const { keywords } = JSON.parse(text) as { readonly keywords?: unknown };
    return Array.isArray(keywords) ? keywords : [];
  } catch {
    return [];
  }
}
