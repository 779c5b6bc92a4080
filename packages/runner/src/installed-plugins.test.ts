import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { AnyPlugin, z } from '@counterweight/core';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

import { counterweight } from './fixtures/command.js';
import { project } from './fixtures/project.js';
import { PluginFolders } from './installed.js';
import { installedPlugins } from './installed-plugins.js';
import { pluginPackages } from './plugin-packages.js';

const PACKAGES = fileURLToPath(new URL('../../', import.meta.url));

interface Listed {
  readonly packages: readonly {
    readonly name: string;
    readonly version: string;
    readonly folder: string;
    readonly plugins: readonly { readonly kind: string; readonly use: string; readonly example: string }[];
    readonly problem?: { readonly code: string; readonly found: string; readonly remedy: string };
  }[];
}

/** The built command lists: its plugins import core by name, from where they are. */
const list = async (cwd: string, ...more: readonly string[]): Promise<Listed> =>
  JSON.parse((await counterweight(cwd, ['plugins', '--json', ...more])).out) as Listed;

const plugin = (name: string, kind = 'loss'): string =>
  `definePlugin({ kind: '${kind}', name: '${name}', options: z.strictObject({ tau: z.number().default(1).describe('A temperature.') }),
     create: () => ({ kind: 'elementwise', curves: (z) => ({ positive: z.neg().softplus(), negative: z.softplus() }) }) })`;
const CORE = "import { definePlugin, z } from '@counterweight/core';\n";
const esm = (name: string): string => `${CORE}export default ${plugin(name)};`;

const KEYWORDS = { keywords: ['counterweight-plugin', 'counterweight-loss'] };
const PEER = { peerDependencies: { '@counterweight/core': '>=0.1.0 <1.0.0' } };

type Made = ReturnType<typeof project>;

/** Writes a package: its package.json and its files. */
function put(made: Made, folder: string, fields: object, files: Readonly<Record<string, string>>): void {
  const name = folder.replace(/^.*node_modules\//, '');
  const base = { name, version: '1.2.3', type: 'module', exports: './i.js', ...KEYWORDS, ...PEER };
  made.write(`${folder}/package.json`, JSON.stringify({ ...base, ...fields }));
  for (const [file, text] of Object.entries(files)) made.write(`${folder}/${file}`, text);
}

function link(made: Made, target: string, at: string): void {
  mkdirSync(dirname(made.path(at)), { recursive: true });
  symlinkSync(target.startsWith('/') ? target : made.path(target), made.path(at));
}

/** Core as a second copy: a real one, as an installer leaves it. */
function copyOfCore(made: Made, beside: string, version: string): void {
  const at = `${beside}/node_modules/@counterweight/core`;
  cpSync(`${PACKAGES}core/dist`, made.path(`${at}/dist`), { recursive: true });
  made.write(
    `${at}/package.json`,
    JSON.stringify({ name: '@counterweight/core', version, type: 'module', exports: './dist/index.js' }),
  );
}

describe('counterweight plugins', { timeout: 60_000 }, () => {
  test('packages as npm, pnpm and workspaces lay them out, and the folder’s own', async () => {
    const made = project({ 'own.js': esm('own') });
    put(made, '.', { name: 'own-package', exports: './own.js' }, {});
    put(made, 'node_modules/flat-loss', {}, { 'i.js': esm('flat') });
    put(made, 'node_modules/@acme/loss-scoped', {}, { 'i.js': esm('scoped') });
    put(made, 'node_modules/.pnpm/stored@1.2.3/node_modules/stored', {}, { 'i.js': esm('stored') });
    link(made, `${PACKAGES}core`, 'node_modules/.pnpm/stored@1.2.3/node_modules/@counterweight/core');
    link(made, 'node_modules/.pnpm/stored@1.2.3/node_modules/stored', 'node_modules/stored');
    put(made, 'packages/member', { name: 'member' }, { 'i.js': esm('member') });
    link(made, 'packages/member', 'node_modules/member');
    put(
      made,
      'node_modules/several',
      {},
      { 'i.js': `${CORE}export default [${plugin('a')}, ${plugin('b')}, ${plugin('several', 'metric')}];` },
    );

    const { packages } = await list(made.folder);
    const theirs = packages.filter(({ name }) => !name.startsWith('@counterweight/'));
    expect(theirs.map(({ name, plugins }) => [name, ...plugins.map(({ use }) => use)])).toEqual([
      ['@acme/loss-scoped', '@acme/loss-scoped'],
      ['flat-loss', 'flat-loss'],
      ['member', 'member'],
      ['own-package', 'own-package'],
      ['several', 'several#a', 'several#b', 'several'],
      ['stored', 'stored'],
    ]);
    expect(theirs.map(({ version }) => version)).toEqual(Array(6).fill('1.2.3'));
    expect(theirs.find(({ name }) => name === 'own-package')!.folder).toBe(made.folder);
    expect(packages.map(({ name }) => name)).toContain('@counterweight/loss-focal');
    // From a folder inside they are the same; from elsewhere they are found by the manifest.
    mkdirSync(made.path('experiments/deep'), { recursive: true });
    expect(await list(made.path('experiments/deep'))).toEqual(await list(made.folder));
    const names = (listed: Listed) => listed.packages.map(({ name }) => name);
    expect(names(await list('/', '--manifest', made.path('experiments/a.yaml')))).toContain('flat-loss');
    expect(names(await list('/'))).not.toContain('flat-loss');
  });

  test('packages of every make', async () => {
    const made = project();
    const cjs = `const { definePlugin, z } = require('@counterweight/core');\n`;
    put(made, 'node_modules/only-import', { exports: { '.': { import: './i.js' } } }, { 'i.js': esm('a') });
    put(made, 'node_modules/types-first', { exports: { types: './i.d.ts', default: './i.js' } }, { 'i.js': esm('a') });
    put(made, 'node_modules/main-only', { exports: undefined, main: 'lib/main.js' }, { 'lib/main.js': esm('a') });
    put(
      made,
      'node_modules/index-only',
      { exports: undefined, type: undefined },
      { 'index.js': `${cjs}module.exports = ${plugin('a')};` },
    );
    put(
      made,
      'node_modules/compiled',
      { type: 'commonjs' },
      {
        'i.js': `Object.defineProperty(exports, '__esModule', { value: true });\n${cjs}exports.default = ${plugin('a')};`,
      },
    );
    put(made, 'node_modules/no-keyword', { keywords: [] }, { 'i.js': esm('a') });
    put(made, 'node_modules/an-alias', { name: 'another-name' }, { 'i.js': esm('a') });
    // It promises nothing and holds nothing: not worth a word.
    put(made, 'node_modules/uses-core', { keywords: [] }, { 'i.js': 'export const n = 1;' });
    const listed = (await list(made.folder)).packages.filter(({ name }) => !name.startsWith('@counterweight/'));
    expect(listed.map(({ name, plugins, problem }) => [name, plugins[0]?.use ?? problem])).toEqual(
      ['an-alias', 'compiled', 'index-only', 'main-only', 'no-keyword', 'only-import', 'types-first'].map((name) => [
        name,
        name,
      ]),
    );
  });

  test('what cannot be used is listed with what is wrong and what to do; the others still are', async () => {
    const made = project();
    put(made, 'node_modules/good', {}, { 'i.js': esm('good') });
    put(made, 'node_modules/throws', {}, { 'i.js': "throw new Error('no luck');" });
    put(made, 'node_modules/throws-nothing', {}, { 'i.js': 'throw undefined;' });
    put(made, 'node_modules/syntax', {}, { 'i.js': 'export default {' });
    put(made, 'node_modules/newer', {}, { 'i.js': `${CORE}export default { ...${plugin('a')}, contract: 2 };` });
    put(made, 'node_modules/older', {}, { 'i.js': `${CORE}export default { ...${plugin('a')}, contract: 0 };` });
    put(made, 'node_modules/subpath-only', { exports: { './loss': './i.js' } }, { 'i.js': esm('a') });
    put(made, 'node_modules/require-only', { exports: { require: './i.cjs' } }, { 'i.cjs': '' });
    put(made, 'node_modules/types-only', { exports: undefined, types: 'i.d.ts' }, { 'i.d.ts': '' });
    put(made, 'node_modules/not-built', { exports: './dist/i.js' }, {});
    put(made, 'node_modules/typescript', { exports: './src/i.ts' }, { 'src/i.ts': esm('a') });
    put(made, 'node_modules/named-only', {}, { 'i.js': `${CORE}export const plugin = ${plugin('a')};` });
    put(made, 'node_modules/empty', {}, { 'i.js': 'export default [];' });
    put(made, 'node_modules/odd', {}, { 'i.js': `${CORE}export default { ...${plugin('a')}, kind: 'los' };` });
    const { code, out } = await counterweight(made.folder, ['plugins', '--json']);
    const found = Object.fromEntries(
      (JSON.parse(out) as Listed).packages
        .filter(({ name }) => !name.startsWith('@counterweight/'))
        .map(({ name, problem }) => [name, problem && [problem.code, problem.found, problem.remedy]]),
    );
    const told = (code: string, found: string, remedy = '') => [
      code,
      expect.stringContaining(found) as unknown,
      expect.stringContaining(remedy) as unknown,
    ];
    expect(code).toBe(0);
    expect(found).toEqual({
      good: undefined,
      throws: told('plugin-throws', 'no luck'),
      'throws-nothing': told('plugin-throws', 'undefined'),
      syntax: told('plugin-throws', 'syntax'),
      newer: told('plugin-contract', 'newer 1.2.3 with contract 2', 'npm install @counterweight/runner@latest'),
      older: told('plugin-contract', 'older 1.2.3 with contract 0', 'npm install older@latest'),
      'subpath-only': told('plugin-unresolvable', 'no "." for import', '"exports"'),
      'require-only': told('plugin-unresolvable', 'no "." for import'),
      'types-only': told('plugin-unresolvable', 'main file is not there'),
      'not-built': told('plugin-unresolvable', 'main file is not there', 'build'),
      typescript: told('plugin-unresolvable', 'src/i.ts', 'build'),
      'named-only': told('plugin-invalid', 'no default export', 'export default'),
      empty: told('plugin-invalid', 'an empty array'),
      odd: told('plugin-invalid', 'the kind "los"'),
    });
    const text = (await counterweight(made.folder, ['plugins'])).out;
    expect(text).toMatch(/^loss +good +1\.2\.3 +tau, weights$/m);
    expect(text).toMatch(/^throws 1\.2\.3 cannot be used: plugin-throws$/m);
    expect(await counterweight(made.folder, ['plugins', 'throws'])).toMatchObject({ code: 4, out: '' });
  });

  test('two copies of core: both paths and versions, who has the second, and what to type', async () => {
    const made = project();
    const elsewhere = project();
    put(made, 'node_modules/nested', {}, { 'i.js': esm('a') });
    copyOfCore(made, 'node_modules/nested', '0.0.9');
    put(made, 'node_modules/bundling', { dependencies: { '@counterweight/core': '0.0.9' } }, { 'i.js': esm('a') });
    copyOfCore(made, 'node_modules/bundling', '0.0.9');
    put(elsewhere, 'linked', { name: 'linked' }, { 'i.js': esm('a') });
    copyOfCore(elsewhere, 'linked', '0.0.9');
    link(made, elsewhere.path('linked'), 'node_modules/linked');
    const problems = async (folder: string) =>
      Object.fromEntries(
        (await list(folder)).packages.flatMap(({ name, problem }) => (problem ? [[name, problem]] : [])),
      );

    const npm = await problems(made.folder);
    expect(Object.values(npm).map(({ code }) => code)).toEqual(['two-copies', 'two-copies', 'two-copies']);
    expect(npm['nested']!.found).toMatch(
      /core \d+\.\d+\.\d+ in .*packages\/core\/dist\/index\.js, of the command\n.*core 0\.0\.9 in .*nested\/node_modules.*, of nested$/,
    );
    expect(npm['nested']!.remedy).toBe('npm dedupe');
    expect(npm['bundling']!.found).toMatch(/of bundling, which has it among its dependencies$/);
    expect(npm['bundling']!.remedy).toBe(
      'npm dedupe; and tell the author of bundling: it belongs into peerDependencies',
    );
    expect(npm['linked']!.remedy).toBe(
      `npm install ${elsewhere.path('linked')} --install-links: a copy instead of a link`,
    );
    made.write('pnpm-lock.yaml', '');
    expect((await problems(made.folder))['nested']!.remedy).toBe('pnpm dedupe');
  });

  test('of a command that is installed elsewhere: to install it beside the plugins', async () => {
    const made = project({ 'yarn.lock': '' });
    rmSync(made.path('node_modules/@counterweight'));
    put(made, 'node_modules/mine', {}, { 'i.js': esm('a') });
    copyOfCore(made, '.', '0.0.9');
    const { packages } = await list(made.folder);
    expect(packages.find(({ name }) => name === 'mine')!.problem).toMatchObject({
      code: 'two-copies',
      remedy: 'yarn add @counterweight/runner, then yarn counterweight',
    });
  });
});

test('one plugin: every option with its default, range and meaning, and an entry', { timeout: 60_000 }, async () => {
  const { folder } = project();
  const { code, out } = await counterweight(folder, ['plugins', 'focal']);
  expect(code).toBe(0);
  expect(out).toMatch(/^gamma +2 +a number from 0 to 10\. Focusing exponent γ\./m);
  expect(out).toContain("loss:\n  use: '@counterweight/loss-focal'\n  gamma: 2\n");
  expect((await counterweight(folder, ['plugins', '@counterweight/cnn#mlp'])).out).toMatch(/^hidden +/m);
  expect((await counterweight(folder, ['plugins', 'sgd'])).out).toContain('training:\n  optimizer:\n    name: sgd\n');
  expect(await counterweight(folder, ['plugins', 'focall'])).toMatchObject({
    code: 2,
    err: expect.stringContaining("use: '@counterweight/loss-focal'") as unknown,
  });
  for (const noName of ['', 'two words', '../elsewhere'])
    expect((await counterweight(folder, ['plugins', noName])).err).toContain('try      counterweight plugins, for');
});

test('every example is an entry that its plugin takes', async () => {
  const { folder } = project();
  const where = { folder, workingFolder: folder };
  const { packages, builtIn } = await installedPlugins(where);
  const values = new Map<string, AnyPlugin>(
    (await pluginPackages(new PluginFolders(folder, folder))).flatMap(({ plugins }) =>
      plugins.map(({ plugin: one, uses }) => [uses[0]!, one] as const),
    ),
  );
  expect(values.size).toBeGreaterThan(10);
  for (const { use, example } of packages.flatMap(({ plugins }) => plugins)) {
    let entry: unknown = parse(example);
    while (typeof entry === 'object' && entry !== null && !('use' in entry))
      [entry] = Object.values(entry) as unknown[];
    const { use: named, ...options } = entry as { use: string };
    expect(named).toBe(use);
    expect((values.get(use)!.options as z.ZodType).safeParse(options).error, use).toBeUndefined();
  }
  expect(builtIn.map(({ name }) => name)).toEqual(expect.arrayContaining(['adamw', 'sgd', 'f1']));
});
