/** Laws over lists: what holds for every package, checked by walking them. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { z, type AnyPlugin } from '@counterweight/core';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

import { CATALOGUE_PAGE, catalogues, renderCatalogue } from './error-catalogue.js';
import { packageFolders, ROOT } from './packages.js';

const packages = packageFolders();
const readme = (folder: string): string => readFileSync(join(folder, 'README.md'), 'utf8');
const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, code]) => code!);

/** The plugins that a package exports by default. */
async function pluginsOf(name: string): Promise<readonly AnyPlugin[]> {
  const { default: exported } = (await import(`@counterweight/${name}`)) as { default?: AnyPlugin | AnyPlugin[] };
  return exported === undefined ? [] : [exported].flat();
}

interface Property {
  readonly default?: unknown;
}
interface Schema {
  readonly properties?: Readonly<Record<string, Property>>;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
}
const properties = ({ properties: own = {}, oneOf = [], anyOf = [] }: Schema): [string, Property][] => [
  ...Object.entries(own),
  ...[...oneOf, ...anyOf].flatMap(properties),
];

/** Imports every block in ts of a page, as if it stood in a folder. */
async function runExamples(page: string, folder: string): Promise<unknown[]> {
  const cache = join(folder, '.cache', 'examples');
  mkdirSync(cache, { recursive: true });
  const modules: unknown[] = [];
  for (const [i, code] of blocks(page, 'ts').entries()) {
    const file = join(cache, `${i}.ts`);
    writeFileSync(file, code);
    modules.push(await import(pathToFileURL(file).href));
  }
  return modules;
}

/** The plugin that a package's name alone means. */
const isNamedFor = ({ kind, name }: AnyPlugin, folder: string): boolean => [name, `${kind}-${name}`].includes(folder);

/** Every entry `{ use: PACKAGE, … }` in the blocks in yaml of a page is one that its plugin accepts. */
async function checkEntries(page: string): Promise<void> {
  for (const code of blocks(page, 'yaml')) {
    const entries = Object.values(parse(code) as object).flat(1) as unknown[];
    for (const entry of entries) {
      if (typeof entry !== 'object' || entry === null || !('use' in entry)) continue;
      const { use, weights: _weights, ...options } = entry as { use: string; weights?: unknown };
      const [folder, name] = use.replace('@counterweight/', '').split('#') as [string, string | undefined];
      const own = await pluginsOf(folder);
      const plugin = own.find((one) => (name === undefined ? isNamedFor(one, folder) : one.name === name)) ?? own[0];
      expect((plugin!.options as z.ZodType).safeParse(options).error, use).toBeUndefined();
    }
  }
}

describe.each(packages)('$name', ({ name, folder, manifest }) => {
  test('the README tells problem, use, options, example and reference, in this order', () => {
    const headings = [...readme(folder).matchAll(/^#{1,2} (.*)$/gm)].map(([, heading]) => heading);
    expect(headings[0]).toBe(`@counterweight/${name}`);
    expect(headings[2]).toMatch(/^(Formula|How it works)$/);
    expect(headings.filter((_, i) => i !== 0 && i !== 2)).toEqual([
      'Problem',
      'When to use',
      'When not',
      'Options',
      'Example',
      'Reference',
    ]);
  });

  test('the README’s table has every option with its default', async () => {
    for (const plugin of await pluginsOf(name)) {
      const schema = z.toJSONSchema(plugin.options as z.ZodType, { io: 'input', unrepresentable: 'any' }) as Schema;
      const table = readme(folder).split('\n## Options')[1]!.split('\n## ')[0]!;
      for (const [option, { default: value }] of properties(schema)) {
        const row = table.split('\n').find((line) => line.startsWith('|') && line.includes(`\`${option}\``));
        expect(row, `option ${option} of ${plugin.name}`).toBeDefined();
        if (['string', 'number', 'boolean'].includes(typeof value)) expect(row).toContain(String(value));
      }
    }
  });

  test('TypeScript examples run', () => runExamples(readme(folder), folder));

  test('manifest examples are valid entries', () => checkEntries(readme(folder)));

  test('a package with plugins carries the keywords that messages suggest it by', async () => {
    for (const { kind } of await pluginsOf(name))
      expect(manifest.keywords).toEqual(expect.arrayContaining(['counterweight-plugin', `counterweight-${kind}`]));
  });

  test('no lifecycle script; core and tfjs are peers; the licence is inside', () => {
    const lifecycle = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish'];
    expect(Object.keys(manifest.scripts ?? {}).filter((script) => lifecycle.includes(script))).toEqual([]);
    if (name !== 'core' && name !== 'runner') {
      expect(Object.keys(manifest.peerDependencies ?? {})).toContain('@counterweight/core');
      expect(Object.keys(manifest.dependencies ?? {})).not.toContain('@tensorflow/tfjs-core');
    }
    expect(existsSync(join(folder, 'LICENSE'))).toBe(true);
  });

  test('built declarations take zod from core: an author needs no zod of their own', () => {
    if (name === 'core') return;
    const dist = join(folder, 'dist');
    const declarations = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.d.ts'),
    );
    const naming = declarations.filter((file) => /['"]zod/.test(readFileSync(join(dist, file), 'utf8')));
    expect(naming).toEqual([]);
  });

  test('every strategy runs the conformance kit and says what the reference calls it', () => {
    if (!/^(loss|sampler)-/.test(name)) return;
    const tests = execFileSync('git', ['ls-files', '-co', '--exclude-standard', 'src'], {
      cwd: folder,
      encoding: 'utf8',
    });
    const text = tests
      .split('\n')
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => readFileSync(join(folder, file), 'utf8'))
      .join('\n');
    expect(text).toMatch(/from '@counterweight\/testing'/);
    expect(existsSync(join(folder, 'src/reference.ts'))).toBe(true);
  });
});

test('docs/plugin-authors.md: every example runs, its plugins are plugins', async () => {
  const page = readFileSync(join(ROOT, 'docs', 'plugin-authors.md'), 'utf8');
  const modules = (await runExamples(page, join(ROOT, 'docs'))) as { default?: AnyPlugin }[];
  expect(modules.flatMap((module) => module.default?.kind ?? [])).toEqual(['loss', 'sampler', 'dataset']);
  for (const { default: plugin } of modules) if (plugin) z.toJSONSchema(plugin.options as z.ZodType, { io: 'input' });
});

test('the manifest in README.md has valid entries', () => checkEntries(readme(ROOT)));

test('every file that ARCHITECTURE.md names is there', () => {
  const page = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8');
  const named = [...page.matchAll(/[\w-]+(?:\/[\w-]+)*\/[\w.-]+\.ts\b/g)].map(([path]) => path);
  const missing = named.filter((path) => {
    const [first, ...rest] = path.split('/');
    return !existsSync(join(ROOT, path)) && !existsSync(join(ROOT, 'packages', first!, 'src', ...rest));
  });
  expect(named.length).toBeGreaterThan(30);
  expect(missing).toEqual([]);
});

test('docs/errors.md is what the catalogues say (npm run docs:errors); no code is used twice', async () => {
  const all = await catalogues(true);
  expect(readFileSync(CATALOGUE_PAGE, 'utf8')).toBe(renderCatalogue(all));
  const codes = [...all.values()].flatMap((definitions) => Object.keys(definitions));
  expect(codes).toEqual([...new Set(codes)]);
});

test('every error says what to do', async () => {
  const silent = [...(await catalogues(true)).values()].flatMap((definitions) =>
    Object.entries(definitions).flatMap(([code, definition]) => ('remedy' in definition ? [] : [code])),
  );
  expect(silent).toEqual([]);
});

test('no tracked file names the host of a package registry', () => {
  const hosts = [
    'registry.npmjs' + '.org',
    'pypi' + '.org',
    'files.pythonhosted' + '.org',
    'registry.yarnpkg' + '.com',
  ];
  const grep = (host: string): string => {
    try {
      return execFileSync('git', ['grep', '-lI', host], { cwd: ROOT, encoding: 'utf8' });
    } catch {
      return ''; // git grep exits with 1 when nothing is found
    }
  };
  expect(hosts.map(grep).join('')).toBe('');
});
