import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { CONTRACT, errors as coreErrors, type AnyPlugin, type Kind } from '@counterweight/core';
import { moduleResolve } from 'import-meta-resolve';

import { errors } from './errors.js';
import type { PluginFolders } from './installed.js';
import { nearest } from './nearest.js';
import { parsePluginName, type PluginName } from './plugin-name.js';

/** A plugin and where it came from: recorded in `resolved.json`. */
export interface FoundPlugin<K extends Kind = Kind> {
  readonly plugin: AnyPlugin<K>;
  /** As the manifest names it; a built-in's own name. */
  readonly use: string;
  readonly version: string;
  /** Of the module's file. */
  readonly path: string;
}

/** The section of the manifest that holds a kind. */
const SECTIONS: Partial<Record<Kind, string>> = {
  dataset: 'data',
  model: 'model',
  loss: 'loss',
  sampler: 'samplers',
  callback: 'callbacks',
  optimizer: 'training.optimizer',
  metric: 'evaluation.metrics',
};

/**
 * Imports the plugin that a manifest names.
 *
 * @param places where to look
 * @throws plugin-not-a-name, unknown-plugin, plugin-kind, plugin-ambiguous (exit 2); plugin-invalid, plugin-contract,
 *   plugin-throws, two-copies (exit 4); without a place
 */
export async function findPlugin<K extends Kind>(use: string, kind: K, places: PluginFolders): Promise<FoundPlugin<K>> {
  const name = parsePluginName(use);
  if (!name) throw errors['plugin-not-a-name']({ use, nearest: nearestPlugin(lastPart(use), kind, places) });
  const path = resolve(name, places.folders);
  if (path === undefined) {
    const particulars = { use, package: name.package, kind, installed: places.installed(kind) };
    throw errors['unknown-plugin']({ ...particulars, nearest: nearestPlugin(use, kind, places) });
  }
  const module = await importModule(use, path);
  const plugins: readonly unknown[] = Array.isArray(module.default) ? module.default : [module.default];
  for (const plugin of plugins) checkContract(use, name, plugin);
  if (plugins.length === 0 || !plugins.every(isPlugin)) throw errors['plugin-invalid']({ use, path });
  const plugin = choose(use, name, kind, plugins, places);
  checkCopies(use, path);
  return { plugin, use, version: versionOf(name.package, path), path };
}

/** The file that Node would load, from the first folder that has the package. */
function resolve(name: PluginName, folders: readonly string[]): string | undefined {
  for (const folder of folders)
    try {
      const url = moduleResolve(name.package, pathToFileURL(join(folder, 'from.js')), new Set(['node', 'import']));
      if (url.protocol === 'file:') return fileURLToPath(url);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ERR_MODULE_NOT_FOUND' && message.startsWith('Cannot find package')) continue;
      throw coreErrors['plugin-throws']({ use: name.package, doing: 'being found', message }, { cause: error });
    }
  return undefined;
}

/** The installed plugin of that kind that was perhaps meant. */
export const nearestPlugin = (use: string, kind: Kind, places: PluginFolders): string | undefined =>
  nearest(use.replace(/#.*/, ''), places.installed(kind));

/** `focal` of `./plugins/focal.js`. */
const lastPart = (use: string): string => (use.split(/[\\/]/).at(-1) ?? use).replace(/\.[cm]?[jt]s$/, '');

async function importModule(use: string, path: string): Promise<{ readonly default?: unknown }> {
  try {
    return (await import(pathToFileURL(path).href)) as { default?: unknown };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw coreErrors['plugin-throws']({ use, doing: 'being imported', message }, { cause: error });
  }
}

const isPlugin = (value: unknown): value is AnyPlugin =>
  typeof value === 'object' &&
  value !== null &&
  'contract' in value &&
  ['kind', 'name', 'options', 'create'].every((key) => key in value);

function checkContract(use: string, name: PluginName, plugin: unknown): void {
  if (typeof plugin !== 'object' || plugin === null || !('contract' in plugin)) return;
  const { contract } = plugin;
  if (contract === CONTRACT) return;
  const older = typeof contract === 'number' && contract < CONTRACT;
  const remedy = `npm install ${older ? name.package : '@counterweight/runner'}@latest`;
  throw errors['plugin-contract']({ use, contract, own: CONTRACT, remedy });
}

function choose<K extends Kind>(
  use: string,
  { package: from, name }: PluginName,
  wanted: K,
  plugins: readonly AnyPlugin[],
  places: PluginFolders,
): AnyPlugin<K> {
  const of = (plugin: AnyPlugin): plugin is AnyPlugin<K> => plugin.kind === wanted;
  const full = (plugin: AnyPlugin): string => `${from}#${plugin.name}`;
  const named = name === undefined ? plugins : plugins.filter((plugin) => plugin.name === name);
  const fitting = named.filter(of);
  const [first] = fitting;
  if (first && (fitting.length === 1 || name !== undefined)) return first;
  const main = fitting.find((plugin) => isMain(plugin, from));
  if (main) return main;
  const [other] = named;
  if (other === undefined || first) {
    const names = plugins.filter(of).map(full);
    throw errors['plugin-ambiguous']({ use, names, nearest: nearest(use, names) });
  }
  const { kind } = other;
  const installed = places.installed(wanted);
  throw errors['plugin-kind']({ use, kind, wanted, installed, section: SECTIONS[kind] });
}

/** The plugin that a package is named for: `ohem` of `sampler-ohem`, `cnn` of `cnn`; the package's name alone means it. */
const isMain = ({ kind, name }: AnyPlugin, from: string): boolean =>
  [name, `${kind}-${name}`].includes(from.replace(/^.*\//, ''));

/** A second tfjs has its own backends, a second core its own expressions: either fails later and unintelligibly. */
function checkCopies(use: string, path: string): void {
  for (const name of ['@counterweight/core', '@tensorflow/tfjs-core']) {
    const [ours, theirs] = [fileURLToPath(import.meta.url), path].map((from) => {
      try {
        return realpathSync(fileURLToPath(moduleResolve(name, pathToFileURL(from), new Set(['node', 'import']))));
      } catch {
        return undefined;
      }
    });
    if (ours !== undefined && theirs !== undefined && ours !== theirs)
      throw errors['two-copies']({ name, plugin: use, paths: [ours, theirs] });
  }
}

/** From the nearest package.json of that name above the file. */
function versionOf(name: string, path: string): string {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    try {
      const own = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: string; version?: string };
      if (own.name === name) return own.version ?? 'unknown';
    } catch {
      // no package.json here
    }
    if (dirname(folder) === folder) return 'unknown';
  }
}
