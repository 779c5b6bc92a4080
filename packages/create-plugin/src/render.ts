import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

import { KINDS, type PluginKind } from './kinds.js';
import type { Names } from './names.js';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
/** What every kind needs to be built, tested and run. */
const TOOLS = ['@counterweight/core', '@counterweight/runner', '@counterweight/testing', '@types/node', 'typescript'];

/** The files of the new package: relative path, with slashes, to content. */
export type Files = ReadonlyMap<string, string>;

interface Manifest {
  readonly keywords?: readonly string[];
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** The templates of a kind, under the new names. Reads this package's files, writes none. */
export function render(kind: PluginKind, names: Names): Files {
  const files = new Map<string, string>();
  for (const template of ['shared', kind])
    for (const path of filesIn(join(PACKAGE, 'templates', template)))
      files.set(renamed(path, names), filled(readFileSync(join(PACKAGE, 'templates', template, path), 'utf8'), names));
  files.set('package.json', completed(files.get('package.json')!, kind));
  return files;
}

/** Packages that the new one names: it cannot be called like one of them. */
export function dependenciesOf(kind: PluginKind): readonly string[] {
  const { peers, uses } = KINDS[kind];
  return [...new Set<string>([...TOOLS, ...peers, ...uses])].sort();
}

const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .split(sep)
        .join('/'),
    )
    .sort();

/** Not by their own names: npm takes a .gitignore out of what it packs, and a package.json inside a package confuses tools. */
const RENAMED: Readonly<Record<string, string>> = { gitignore: '.gitignore', 'package.template.json': 'package.json' };

const renamed = (path: string, { word }: Names): string => RENAMED[path] ?? path.replace('my-plugin', word);

/** The whole substitution: templates are written for the plugin `my-plugin` of the package `my-package`. */
function filled(text: string, { package: name, word, identifier, type }: Names): string {
  const names: Readonly<Record<string, string>> = {
    'my-package': name,
    'my-plugin': word,
    myPlugin: identifier,
    MyPlugin: type,
  };
  return text.replaceAll(/my-package|my-plugin|myPlugin|MyPlugin/g, (placeholder) => names[placeholder]!);
}

/** Adds the keyword of the kind and what it depends on, in the versions that this package was made with. */
function completed(text: string, kind: PluginKind): string {
  const manifest = JSON.parse(text) as Manifest;
  const own = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
    readonly devDependencies: Readonly<Record<string, string>>;
  };
  const versions: Readonly<Record<string, string>> = { ...own.dependencies, ...own.devDependencies };
  const { plugin, peers } = KINDS[kind];
  const pick = (packages: readonly string[]) => Object.fromEntries(packages.map((name) => [name, versions[name]!]));
  const whole = {
    ...manifest,
    keywords: [...(manifest.keywords ?? []), `counterweight-${plugin}`],
    peerDependencies: { ...manifest.peerDependencies, ...pick(peers) },
    devDependencies: pick(dependenciesOf(kind)),
  };
  return `${JSON.stringify(whole, null, 2)}\n`;
}
