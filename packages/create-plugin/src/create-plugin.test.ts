import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';

import { createPlugin } from './create-plugin.js';
import { KINDS, type PluginKind } from './kinds.js';
import { isPackageName, namesOf } from './names.js';
import { render } from './render.js';

const OWN = fileURLToPath(new URL('..', import.meta.url));
const kinds = Object.keys(KINDS) as PluginKind[];
const anyKind = fc.constantFrom(...kinds);

let root: string;
let count = 0;
/** Does not exist yet. */
let folder: string;
beforeAll(() => (root = realpathSync(mkdtempSync(join(tmpdir(), 'create-plugin-')))));
beforeEach(() => (folder = join(root, String(count++))));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const filesIn = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(path.length + 1)
        .split(sep)
        .join('/'),
    )
    .sort();
const read = (...path: string[]): string => readFileSync(join(...path), 'utf8');

interface Manifest {
  readonly name: string;
  readonly keywords: readonly string[];
  readonly scripts: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}
const manifestOf = (path: string): Manifest => JSON.parse(read(path, 'package.json')) as Manifest;

describe('names', () => {
  const validate = createRequire(import.meta.url)('validate-npm-package-name') as (name: string) => {
    readonly validForNewPackages: boolean;
  };
  const part = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,20}$/);
  const likely = fc.oneof(
    part,
    fc.tuple(part, part).map(([scope, name]) => `@${scope}/${name}`),
  );
  const anything = fc.oneof(likely, fc.string(), fc.stringMatching(/^[@/a-z.A-Z_~-]{1,12}$/));

  test('a name that is taken is one that npm takes', () => {
    fc.assert(
      fc.property(anything, (name) => {
        if (isPackageName(name)) expect(validate(name).validForNewPackages, name).toBe(true);
      }),
    );
  });

  test.each(['my-loss', '@acme/loss-x', 'x', '0', 'a.b_c'])('%s is a name', (name) => {
    expect(isPackageName(name)).toBe(true);
  });

  test.each([
    '',
    'My-Loss',
    '../x',
    '@acme',
    '@acme/',
    'a/b',
    'a b',
    'node_modules',
    'fs',
    '.x',
    '_x',
    'a'.repeat(215),
  ])('%j is none', async (name) => {
    expect(isPackageName(name)).toBe(false);
    await expect(createPlugin({ name, kind: 'loss', folder })).rejects.toThrow('package-name-invalid');
    expect(existsSync(folder)).toBe(false);
  });

  test('a package that would depend on itself is refused', async () => {
    const name = '@counterweight/core';
    await expect(createPlugin({ name, kind: 'loss', folder })).rejects.toThrow('package-name-invalid');
  });

  test('whatever the package is called, its files and code have names', () => {
    fc.assert(
      fc.property(likely.filter(isPackageName), anyKind, (name, kind) => {
        const { word, identifier, type } = namesOf(name, kind);
        expect(word).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
        expect(word).not.toBe('index');
        expect(identifier).toMatch(/^[a-z][a-zA-Z0-9]*$/);
        expect(identifier.length).toBeGreaterThan(KINDS[kind].noun.length);
        expect(identifier.endsWith(KINDS[kind].noun)).toBe(true);
        expect(type.toLowerCase()).toBe(identifier.toLowerCase());
      }),
    );
  });

  test('no template has a name of its own that a generated one could be', () => {
    for (const kind of kinds) {
      const { noun } = KINDS[kind];
      for (const file of filesIn(join(OWN, 'templates', kind)).filter((name) => name.endsWith('.ts'))) {
        const code = read(OWN, 'templates', kind, file);
        const own = code.match(new RegExp(`\\b(?:[a-z]\\w*${noun}|\\w+${noun}Options)\\b`, 'g')) ?? [];
        expect(own, `${kind}/${file}`).toEqual([]);
      }
    }
  });

  test('no file of a template is overwritten by the one that the plugin is called for', () => {
    for (const kind of kinds)
      for (const file of filesIn(join(OWN, 'templates', kind, 'src'))) {
        const name = file.replace(/\.ts$/, '');
        const usual = [...render(kind, namesOf('usual', kind)).keys()];
        expect([...render(kind, namesOf(name, kind)).keys()], `${kind} ${name}`).toHaveLength(usual.length);
      }
  });

  test.each([
    ['my-loss', 'loss', 'my-loss', 'myLoss'],
    ['@acme/loss-focal', 'loss', 'focal', 'focalLoss'],
    ['loss', 'loss', 'loss', 'lossLoss'],
    ['2way', 'batch-loss', '2way', 'loss2wayLoss'],
    ['sampler-hard.ones', 'miner', 'hard-ones', 'hardOnesMiner'],
    ['index', 'metric', 'index-metric', 'indexMetric'],
    ['class', 'model', 'class', 'classModel'],
  ] as const)('%s as a %s: %s, %s', (name, kind, word, identifier) => {
    expect(namesOf(name, kind)).toMatchObject({ word, identifier });
  });
});

describe.each(kinds)('%s', (kind) => {
  let made: string;
  beforeAll(async () => {
    made = join(root, `made-${kind}`);
    await createPlugin({ name: '@acme/quick', kind, folder: made });
  });

  test('the files are the templates, under the new names', async () => {
    const expected = ['shared', kind].flatMap((one) => filesIn(join(OWN, 'templates', one)));
    const renamed = expected.map((file) =>
      file
        .replace(/^gitignore$/, '.gitignore')
        .replace('.template', '')
        .replace('my-plugin', 'quick'),
    );
    expect(filesIn(made)).toEqual([...new Set(renamed)].sort());
    expect(renamed).toEqual(
      expect.arrayContaining(['src/index.ts', 'src/quick.ts', 'src/quick.test.ts', 'example.yaml', 'tsconfig.json']),
    );
    for (const file of filesIn(made)) expect(read(made, file), file).not.toMatch(/my-?(plugin|package)/i);
    const again = await createPlugin({ name: '@acme/quick', kind, folder });
    expect(again).toEqual({ folder, files: filesIn(made) });
  });

  test('package.json: name, keywords, peers as of our own plugins, no lifecycle script', () => {
    const { name, keywords, scripts, peerDependencies } = manifestOf(made);
    expect(name).toBe('@acme/quick');
    expect(keywords).toEqual(['counterweight-plugin', `counterweight-${KINDS[kind].plugin}`]);
    expect(Object.keys(scripts)).toEqual(['build', 'test', 'example']);
    const ours = manifestOf(join(OWN, '../cnn')).peerDependencies;
    for (const [peer, range] of Object.entries(peerDependencies)) expect(range, peer).toBe(ours[peer]);
  });

  test('it declares what it imports and names, and nothing else', () => {
    const { peerDependencies, devDependencies } = manifestOf(made);
    const imported = (isTest: boolean): string[] =>
      filesIn(join(made, 'src'))
        .filter((file) => file.endsWith('.test.ts') === isTest)
        .flatMap((file) => [...read(made, 'src', file).matchAll(/ from '([^.'][^']*)'/g)].map(([, from]) => from!))
        .filter((from) => !from.startsWith('node:'));
    const named = [...read(made, 'example.yaml').matchAll(/use: '([^'#]+)/g)].map(([, use]) => use!);
    expect(new Set(imported(false))).toEqual(new Set(Object.keys(peerDependencies)));
    expect(named).toContain('@acme/quick');
    const tools = ['@counterweight/runner', '@types/node', 'typescript'];
    const needed = [...imported(false), ...imported(true), ...named, ...tools].filter((one) => one !== '@acme/quick');
    expect(Object.keys(devDependencies)).toEqual([...new Set(needed)].sort());
    for (const range of Object.values(devDependencies)) expect(range).toMatch(/^\^?\d+\.\d+\.\d+$/);
  });

  test('README in our order; the plugin is named as the package is; the example is a manifest', () => {
    const headings = [...read(made, 'README.md').matchAll(/^#{1,2} (.*)$/gm)].map(([, heading]) => heading);
    expect(headings[0]).toBe('@acme/quick');
    expect(headings[2]).toMatch(/^(Formula|How it works)$/);
    expect(headings.filter((_, i) => i !== 0 && i !== 2)).toEqual([
      'Problem',
      'When to use',
      'When not',
      'Options',
      'Example',
      'Reference',
    ]);
    expect(read(made, 'src/index.ts')).toContain(`name: 'quick',`);
    expect(Object.keys(parse(read(made, 'example.yaml')) as object)).toEqual(
      expect.arrayContaining(['data', 'model', 'loss']),
    );
  });
});

describe('all of it or nothing', () => {
  test('a folder that is not empty is refused and stays as it is', async () => {
    mkdirSync(folder);
    writeFileSync(join(folder, 'mine.txt'), 'mine');
    const refused = createPlugin({ name: 'my-loss', kind: 'loss', folder });
    await expect(refused).rejects.toThrow(/package-folder-occupied[^]*mine\.txt/);
    expect(filesIn(folder)).toEqual(['mine.txt']);
  });

  test('an empty folder is filled and stays the same one, with its .git', async () => {
    mkdirSync(join(folder, '.git'), { recursive: true });
    writeFileSync(join(folder, '.git/HEAD'), 'ref');
    const before = statSync(folder).ino;
    const { files } = await createPlugin({ name: 'my-loss', kind: 'loss', folder });
    expect(filesIn(folder)).toEqual(['.git/HEAD', ...files].sort());
    expect(statSync(folder).ino).toBe(before);
  });

  test('folders above it are made', async () => {
    await createPlugin({ name: 'my-loss', kind: 'loss', folder: join(folder, 'a/b') });
    expect(readdirSync(join(folder, 'a'))).toEqual(['b']);
  });

  test('a file stands where the folder should be, or one above it', async () => {
    writeFileSync(folder, 'mine');
    for (const place of [folder, join(folder, 'below')])
      await expect(createPlugin({ name: 'my-loss', kind: 'loss', folder: place })).rejects.toMatchObject({
        code: 'package-folder-unusable',
        exit: 2,
      });
    expect(read(folder)).toBe('mine');
  });

  test('where writing fails halfway nothing is left, nor a folder that was made for it', async () => {
    mkdirSync(folder);
    // Room for the names of folders, not for those of the files in them: a path has 4095 signs on Linux, fewer elsewhere.
    const room = 4095 - folder.length - '.create-plugin-'.length - 36 - '/README.md'.length;
    const deep = join(folder, ...Array.from({ length: Math.floor(room / 101) }, () => 'd'.repeat(100)));
    const place = `${deep}/${'d'.repeat(room - (deep.length - folder.length) - 1)}`;
    await expect(createPlugin({ name: 'my-loss', kind: 'loss', folder: place })).rejects.toThrow(
      'package-folder-unusable',
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  test('an unknown kind', async () => {
    const kind = 'los' as PluginKind;
    await expect(createPlugin({ name: 'my-loss', kind, folder })).rejects.toThrow(/package-kind-unknown[^]*batch-loss/);
    expect(existsSync(folder)).toBe(false);
  });
});

test('the tarball has every template, and none of our tests', () => {
  const out = execFileSync('npm', ['pack', '--dry-run', '--json'], { cwd: OWN, encoding: 'utf8', stdio: 'pipe' });
  const [{ files }] = JSON.parse(out) as [{ readonly files: readonly { readonly path: string }[] }];
  const packed = files.map(({ path }) => path);
  const templates = filesIn(join(OWN, 'templates')).filter((file) => file !== 'tsconfig.json');
  expect(packed.filter((path) => path.startsWith('templates/')).sort()).toEqual(
    templates.map((file) => `templates/${file}`),
  );
  expect(packed).toContain('bin/create-plugin.js');
  expect(packed.filter((path) => /^(src|dist)\/.*\.test\./.test(path))).toEqual([]);
});
