/** Writes docs/errors.md from every package's `errors.ts`: `npm run docs:errors`. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { pathToFileURL } from 'node:url';

import type { ErrorDefinition } from '@counterweight/core';

import { packageFolders, ROOT } from './packages.js';

type Catalogue = Readonly<Record<string, ErrorDefinition<never>>>;
export const CATALOGUE_PAGE = join(ROOT, 'docs', 'errors.md');

/** Every package's catalogue. `source` reads TypeScript (in tests), otherwise what was built. */
export async function catalogues(source = false): Promise<ReadonlyMap<string, Catalogue>> {
  const found = new Map<string, Catalogue>();
  for (const { name, folder } of packageFolders()) {
    const file = join(folder, source ? 'src/errors.ts' : 'dist/errors.js');
    if (!existsSync(file)) continue;
    const module = (await import(pathToFileURL(file).href)) as { errors: { catalogue: () => Catalogue } };
    found.set(name, module.errors.catalogue());
  }
  return found;
}

export function renderCatalogue(all: ReadonlyMap<string, Catalogue>): string {
  const sections = [...all].map(([name, definitions]) =>
    [
      `## ${name}`,
      '',
      '| code | exit | what it means |',
      '| --- | --- | --- |',
      ...Object.entries(definitions)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([code, { exit, title }]) => `| \`${code}\` | ${exit} | ${title.replaceAll('|', '\\|')} |`),
      '',
    ].join('\n'),
  );
  return [
    '# Errors',
    '',
    'Made from the packages’ `errors.ts` by `npm run docs:errors`. Codes are permanent. Exit codes: 2 manifest or usage, 3 data,',
    '4 plugin, 5 engine, 6 diverged. Every message also tells what was found and, where it applies, what was expected and what to type.',
    '',
    ...sections,
  ].join('\n');
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href)
  writeFileSync(CATALOGUE_PAGE, renderCatalogue(await catalogues()));
