import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { describe, expect, onTestFinished, test } from 'vitest';

import { PluginFolders } from './installed.js';
import { KNOWN_PLUGINS } from './known-packages.js';
import { findPlugin } from './plugins.js';

/** A folder outside the repository with packages of these names, each a loss by its keyword. */
function folderWith(...names: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'counterweight-suggestion-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  for (const name of names) {
    const file = join(folder, 'node_modules', name, 'package.json');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify({ name, keywords: ['counterweight-plugin', 'counterweight-loss'] }));
  }
  return folder;
}

/** Only what is in the folder: the command's own installation has everything of ours. */
function only(folder: string): PluginFolders {
  const places = new PluginFolders(folder, folder);
  Object.defineProperty(places, 'folders', { value: [folder] });
  return places;
}

const remedy = (use: string, places: PluginFolders, kind: 'loss' | 'model' | 'sampler' | 'metric' = 'loss') =>
  findPlugin(use, kind, places).then(
    () => 'found',
    (error: unknown) => (error as { remedy: string }).remedy,
  );

describe('what is told of a name that is not installed', () => {
  test.each([
    ['one of ours', '@counterweight/loss-focal', 'loss', 'npm install @counterweight/loss-focal'],
    [
      'one of ours, misspelt',
      '@counterweight/loss-focall',
      'loss',
      "npm install @counterweight/loss-focal, then use: '@counterweight/loss-focal'",
    ],
    [
      'by its short name',
      'focal',
      'loss',
      "npm install @counterweight/loss-focal, then use: '@counterweight/loss-focal'",
    ],
    ['as a file', './plugins/cnn.js', 'model', "npm install @counterweight/cnn, then use: '@counterweight/cnn'"],
    ['a plugin of several', 'mlp', 'model', "npm install @counterweight/cnn, then use: '@counterweight/cnn#mlp'"],
    [
      'a plugin of several, by a misspelt package',
      '@counterweight/cnnn#mpl',
      'model',
      "npm install @counterweight/cnn, then use: '@counterweight/cnn#mlp'",
    ],
    ['one that is installed, misspelt', 'acme-loss-asymetric', 'loss', "use: 'acme-loss-asymmetric'"],
    ['one that is installed, with a name', 'acme-loss-asymetric#hard', 'loss', "use: 'acme-loss-asymmetric#hard'"],
    ['one that may exist', 'somebodys-loss', 'loss', 'npm install somebodys-loss'],
    ['one that may exist, with a name', '@somebody/losses#dice', 'loss', 'npm install @somebody/losses'],
    ['none of ours', '@counterweight/zebra', 'loss', 'counterweight plugins, for what is installed'],
    ['a module of Node', 'fs', 'loss', 'counterweight plugins, for what is installed'],
    ['one of ours of another kind', '@counterweight/loss-focal', 'sampler', 'a loss stands in the section loss'],
  ] as const)('%s', async (_, use, kind, expected) => {
    expect(await remedy(use, only(folderWith('acme-loss-asymmetric')), kind)).toBe(expected);
  });

  test('what is installed comes before what is known and as near', async () => {
    expect(await remedy('loss-focal', only(folderWith('@acme/loss-focal')))).toBe("use: '@acme/loss-focal'");
  });

  test.each([
    ['package-lock.json', 'npm install'],
    ['pnpm-lock.yaml', 'pnpm add'],
    ['yarn.lock', 'yarn add'],
    ['.pnp.cjs', "echo 'nodeLinker: node-modules' >> .yarnrc.yml && yarn add"],
  ])('with %s: %s', async (lock, command) => {
    const folder = folderWith();
    writeFileSync(join(folder, lock), '');
    const experiments = join(folder, 'experiments');
    mkdirSync(experiments);
    expect(await remedy('somebodys-loss', only(experiments))).toBe(`${command} somebodys-loss`);
  });

  test('every plugin of ours is found by its own name', async () => {
    const places = only(folderWith());
    for (const { package: name, kind, name: own } of KNOWN_PLUGINS)
      expect(await remedy(own, places, kind as 'loss')).toMatch(new RegExp(`^npm install ${name}, then use: '${name}`));
  });
});
