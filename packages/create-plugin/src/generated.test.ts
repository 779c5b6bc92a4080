/** Every kind as it is generated, outside of this repository: it builds, passes its own tests and trains. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { createPlugin } from './create-plugin.js';
import { KINDS, type PluginKind } from './kinds.js';

const run = promisify(execFile);
const OWN = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const TSC = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');

const kinds = Object.keys(KINDS) as PluginKind[];
/** One with a scope, and a prefix that its plugin's name does not have. */
const nameOf = (kind: PluginKind): string => (kind === 'dataset' ? '@acme/dataset-lines' : `my-${kind}`);

let root: string;
const folderOf = (kind: PluginKind): string => join(root, kind);

/** As an installation would: what the package declares, and nothing else. */
async function install(folder: string): Promise<void> {
  const { devDependencies } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    readonly devDependencies: Readonly<Record<string, string>>;
  };
  for (const name of Object.keys(devDependencies)) {
    const link = join(folder, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(await installed(name), link);
  }
  const bin = join(folder, 'node_modules/.bin');
  await mkdir(bin);
  await symlink(TSC, join(bin, 'tsc'));
  await symlink(join(await installed('@counterweight/runner'), 'bin/counterweight.cjs'), join(bin, 'counterweight'));
}

async function installed(name: string): Promise<string> {
  for (let folder = OWN; ; folder = dirname(folder)) {
    const there = join(folder, 'node_modules', name);
    if (existsSync(there)) return realpath(there);
    if (dirname(folder) === folder) throw new Error(`${name} is not installed`);
  }
}

/** The command says by 5 that there is no engine; anything else is for the tests to tell. */
const engine = await installed('@counterweight/runner').then((folder) =>
  run(process.execPath, [join(folder, 'bin/counterweight.cjs'), 'doctor']).then(
    () => true,
    (error: unknown) => (error as { code?: unknown }).code !== 5,
  ),
);
if (!engine) console.log('skipped: training with generated plugins, as the native engine is not installed');

/** Of a child that fails, what it said. */
async function succeed(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...env } = process.env;
  try {
    const { stdout, stderr } = await run(command, args, { cwd, env });
    return stdout + stderr;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(' ')} in ${cwd}\n${stdout}${stderr}`, { cause: error });
  }
}

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'create-plugin-')));
  for (const kind of kinds) {
    await createPlugin({ name: nameOf(kind), kind, folder: folderOf(kind) });
    await install(folderOf(kind));
  }
  // One compiler for all: it reads declarations once.
  await succeed(process.execPath, [TSC, '-b', ...kinds.map(folderOf)], root);
}, 300_000);
afterAll(() => rm(root, { recursive: true, force: true }));

test.each(kinds)('%s: its own tests pass', { timeout: 60_000 }, async (kind) => {
  const tests = (await readdir(join(folderOf(kind), 'dist'))).filter((file) => file.endsWith('.test.js'));
  const said = await succeed(process.execPath, ['--test', ...tests.map((file) => `dist/${file}`)], folderOf(kind));
  // Its kind's laws, and one test of its own.
  expect(Number(/^[#ℹ] pass (\d+)$/m.exec(said)?.[1])).toBeGreaterThan(3);
});

test.skipIf(!engine).each(kinds)('%s: its example trains with it', { timeout: 60_000 }, async (kind) => {
  const command = join(folderOf(kind), 'node_modules/.bin/counterweight');
  const said = await succeed(command, ['run', 'example.yaml', '--out', 'runs/a'], folderOf(kind));
  expect(said).toContain(`${nameOf(kind)} 0.1.0  (${folderOf(kind)}/dist/index.js)`);
  const numberAfter = (words: string): number => Number(new RegExp(`^${words} +macro ([\\d.]+)`, 'm').exec(said)?.[1]);
  expect(numberAfter('test AP')).toBeGreaterThan(1.5 * numberAfter('chance'));
});

test('npm test builds first and runs what it built', { timeout: 60_000 }, async () => {
  await rm(join(folderOf('metric'), 'dist'), { recursive: true });
  expect(await succeed('npm', ['test'], folderOf('metric'))).toMatch(/^[#ℹ] fail 0$/m);
});
