import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { Kind } from '@counterweight/core';

/**
 * The packages that say in their `keywords` that they hold plugins of a kind (`counterweight-loss`), in the folders where Node
 * would look from each of `folders`. Reads package.json files only; for messages.
 */
export function installedPlugins(kind: Kind, folders: readonly string[]): readonly string[] {
  const places = new Set(folders.flatMap(ancestors).map((folder) => join(folder, 'node_modules')));
  const names = [...places].flatMap((place) =>
    packagesIn(place).filter((name) => keywords(join(place, name)).includes(`counterweight-${kind}`)),
  );
  return [...new Set(names)].sort();
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

function keywords(folder: string): readonly unknown[] {
  try {
    const own = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly keywords?: unknown };
    return Array.isArray(own.keywords) ? own.keywords : [];
  } catch {
    return [];
  }
}
