/** Laws over lists: what holds for every package, checked by walking them. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { z, type AnyPlugin, type BatchLabels, type BatchLoss } from '@counterweight/core';
import { batchLossConformance, ensureBackend } from '@counterweight/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

import { CATALOGUE_PAGE, catalogues, renderCatalogue } from './error-catalogue.js';
import { KNOWN_PACKAGES_FILE, renderKnownPackages } from './known-packages.js';
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
    if (!['core', 'runner', 'create-plugin'].includes(name)) {
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

  test('every plugin runs the conformance kit; a strategy says what the reference calls it', async () => {
    const kinds = new Set((await pluginsOf(name)).map(({ kind }) => kind));
    const tests = execFileSync('git', ['ls-files', '-co', '--exclude-standard', 'src'], {
      cwd: folder,
      encoding: 'utf8',
    });
    const text = tests
      .split('\n')
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => readFileSync(join(folder, file), 'utf8'))
      .join('\n');
    for (const kind of kinds) {
      const call = { loss: '(loss|batchLoss)', sampler: '(draw|mine)' }[kind as string] ?? kind;
      expect(text).toMatch(new RegExp(`\\b${call}Conformance\\(`));
    }
    if (/^(loss|sampler)-/.test(name)) expect(existsSync(join(folder, 'src/reference.ts'))).toBe(true);
  });
});

describe('docs/plugin-authors.md', async () => {
  const page = readFileSync(join(ROOT, 'docs', 'plugin-authors.md'), 'utf8');
  const modules = (await runExamples(page, join(ROOT, 'docs'))) as Readonly<Record<string, unknown>>[];
  const plugins = modules.flatMap(({ default: plugin }) => (plugin === undefined ? [] : [plugin as AnyPlugin]));
  const exported = (name: string) => modules.find((module) => name in module)![name];
  const named = (wanted: string) => plugins.find(({ name }) => name === wanted)!;

  test('every example runs, its plugins are plugins', () => {
    expect(plugins.map(({ kind }) => kind)).toEqual(['loss', 'loss', 'sampler', 'dataset', 'callback']);
    for (const { options } of plugins) z.toJSONSchema(options as z.ZodType, { io: 'input' });
  });

  test('the loss and the callback with memory go on where they stopped', async () => {
    await ensureBackend();
    const plugin = named('relative-square') as AnyPlugin<'loss'>;
    const create = async () => (await plugin.create((plugin.options as z.ZodType).parse({}))) as BatchLoss;
    const [one, other] = [await create(), await create()];
    const batch = { targets: () => tf.zeros([1, 2]), known: () => null } as unknown as BatchLabels;
    const value = (loss: BatchLoss, z: number) => tf.tidy(() => loss.compute(tf.fill([1, 2], z), batch).dataSync()[0]);
    expect(value(one, 1)).toBe(1);
    other.load!(one.save!());
    expect(value(one, 0)).toBeLessThan(1);
    value(one, 3);
    other.load!(one.save!());
    expect(value(other, 0)).toBe(value(one, 0));

    const folder = mkdtempSync(join(tmpdir(), 'callback-'));
    const worst = named('worst-loss') as AnyPlugin<'callback'>;
    const [first, second] = [await worst.create({ limit: 6 }, folder), await worst.create({ limit: 6 }, folder)];
    for (const loss of [3, 7, 5]) first.batchEnd!({ epoch: 0, step: 1, loss, keptPositives: 0, keptNegatives: 0 });
    second.load!(first.save!());
    const reasons: string[] = [];
    const stop = (reason: string) => {
      reasons.push(reason);
    };
    const event = {
      epoch: 0,
      step: 3,
      loss: 5,
      learningRate: 1,
      seconds: 1,
      waited: 0,
      keptPositives: 0,
      keptNegatives: 0,
      metrics: {},
      stop,
    };
    await second.epochEnd!(event);
    expect(reasons).toEqual(['a loss of 7']);
    expect(readFileSync(join(folder, 'worst.txt'), 'utf8')).toBe('7\n');
    rmSync(folder, { recursive: true });
  });

  batchLossConformance({
    test,
    plugin: named('relative-square') as AnyPlugin<'loss'>,
    except: { 'the gradient is the derivative of the value': 'the moving average is no part of it' },
  });

  test('the data set reads unlabelled examples as labelled ones; what is kept is made once', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'authors-'));
    writeFileSync(join(folder, 'table.json'), '[{"features":[1,2],"classes":[0]},{"features":[3,4],"classes":[]}]');
    const plugin = named('features') as AnyPlugin<'dataset'>;
    const dataset = await plugin.create({ table: 'table.json' }, folder);
    const logger = { info: () => undefined, warn: () => undefined };
    const unlabelled = await plugin.inputs!({}, { path: join(folder, 'table.json'), input: dataset.input, logger });
    const rows = [new Float32Array(4), new Float32Array(4)] as const;
    await dataset.read(Int32Array.of(1, 0), rows[0]);
    await unlabelled.read(Int32Array.of(1, 0), rows[1]);
    expect([unlabelled.count, ...rows]).toEqual([2, Float32Array.of(3, 4, 1, 2), rows[0]]);

    const kept = exported('kept') as (
      cache: string,
      name: string,
      make: () => Promise<Uint8Array>,
    ) => Promise<Uint8Array>;
    let made = 0;
    const make = () => Promise.resolve(Uint8Array.of(++made));
    for (let i = 0; i < 2; i++) expect([...(await kept(join(folder, 'cache'), 'a', make))]).toEqual([1]);
    expect(readdirSync(join(folder, 'cache'))).toEqual(['a']);
    rmSync(folder, { recursive: true });
  });
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

test('the packages and plugins that messages suggest are ours (npm run docs:packages)', async () => {
  expect(readFileSync(KNOWN_PACKAGES_FILE, 'utf8')).toBe(await renderKnownPackages());
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
