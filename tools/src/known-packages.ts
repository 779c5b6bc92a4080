/** Writes the runner's list of our packages and their plugins: `npm run docs:packages`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { pathToFileURL } from 'node:url';

import type { AnyPlugin } from '@counterweight/core';

import { packageFolders, ROOT } from './packages.js';

export const KNOWN_PACKAGES_FILE = join(ROOT, 'packages', 'runner', 'src', 'known-packages.ts');

/** The file's text, from the packages' default exports. */
export async function renderKnownPackages(): Promise<string> {
  const rows: string[] = [];
  const without: string[] = [];
  for (const { manifest } of packageFolders()) {
    const plugins = manifest.keywords?.includes('counterweight-plugin') ? await pluginsOf(manifest.name) : [];
    if (plugins.length === 0) without.push(`  '${manifest.name}',`);
    for (const { kind, name } of plugins)
      rows.push(`  { package: '${manifest.name}', kind: '${kind}', name: '${name}' },`);
  }
  return [
    '/** What messages suggest though it is not installed. Made by `npm run docs:packages`; a law says when it is out of date. */',
    "import type { Kind } from '@counterweight/core';",
    '',
    'export interface KnownPlugin {',
    '  readonly package: string;',
    '  readonly kind: Kind;',
    '  readonly name: string;',
    '}',
    '',
    'export const KNOWN_PLUGINS: readonly KnownPlugin[] = [',
    ...rows,
    '];',
    '',
    '/** Ours that hold no plugin, though they may have core as a peer: not worth an import to see. */',
    'export const KNOWN_WITHOUT_PLUGINS: readonly string[] = [',
    ...without,
    '];',
    '',
  ].join('\n');
}

async function pluginsOf(name: string): Promise<readonly AnyPlugin[]> {
  const { default: exported } = (await import(name)) as { readonly default: AnyPlugin | readonly AnyPlugin[] };
  return [exported].flat();
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href)
  writeFileSync(KNOWN_PACKAGES_FILE, await renderKnownPackages());
