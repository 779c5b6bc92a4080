import { type AnyPlugin, type Kind } from '@counterweight/core';

import { errors } from './errors.js';
import { exportedPlugins } from './exported-plugins.js';
import type { PluginFolders } from './installed.js';
import { KNOWN_PLUGINS } from './known-packages.js';
import { nearest } from './nearest.js';
import { installLine } from './package-manager.js';
import { isMain, SECTIONS } from './plugin-kinds.js';
import { parsePluginName, type PluginName } from './plugin-name.js';
import { resolvePackage } from './resolve-package.js';
import { suggestion } from './suggestion.js';

/** A plugin and where it came from: recorded in `resolved.json`. */
export interface FoundPlugin<K extends Kind = Kind> {
  readonly plugin: AnyPlugin<K>;
  /** As the manifest names it; a built-in's own name. */
  readonly use: string;
  readonly version: string;
  /** Of the module's file. */
  readonly path: string;
}

/**
 * Imports the plugin that a manifest names.
 *
 * @param places where to look
 * @throws plugin-not-a-name, unknown-plugin, plugin-kind, plugin-ambiguous (exit 2); plugin-unresolvable, plugin-invalid,
 *   plugin-contract, plugin-throws, two-copies (exit 4); without a place
 */
export async function findPlugin<K extends Kind>(use: string, kind: K, places: PluginFolders): Promise<FoundPlugin<K>> {
  const name = parsePluginName(use);
  if (!name) throw notAName(use, kind, places);
  const found = resolvePackage(name.package, places.folders);
  if (!found) throw notInstalled(use, name, kind, places);
  const plugins = await exportedPlugins(found);
  return { plugin: choose(use, name, kind, plugins, places), use, version: found.version, path: found.path };
}

/** The installed plugin of that kind that was perhaps meant. */
export function nearestPlugin(use: string, kind: Kind, places: PluginFolders): string | undefined {
  const { nearest: near, install } = suggestion(use, kind, places);
  return install === undefined ? near : undefined;
}

/** An error with what to type instead, as far as it is known. */
function notAName(use: string, kind: Kind, places: PluginFolders): Error {
  const { nearest: near, install } = suggestion(lastPart(use), kind, places);
  return errors['plugin-not-a-name']({
    use,
    nearest: near,
    install: near === undefined ? undefined : line(install, places),
  });
}

/** `focal` of `./plugins/focal.js`. */
const lastPart = (use: string): string => (use.split(/[\\/]/).at(-1) ?? use).replace(/\.[cm]?[jt]s$/, '');

const line = (name: string | undefined, { folders: [folder] }: PluginFolders): string | undefined =>
  name === undefined ? undefined : installLine(folder!, [name]);

/** Told for any kind where a plugin is asked for by the command. */
export function notInstalled(
  use: string,
  { package: name }: PluginName,
  kind: Kind | undefined,
  places: PluginFolders,
): Error {
  const other = KNOWN_PLUGINS.find((one) => one.package === name)?.kind;
  const installed = places.installed(kind);
  if (other !== undefined && kind !== undefined && !KNOWN_PLUGINS.some((o) => o.package === name && o.kind === kind))
    return errors['plugin-kind']({ use, kind: other, wanted: kind, installed, section: SECTIONS[other] });
  const { nearest: near, install } = suggestion(use, kind, places);
  return errors['unknown-plugin']({
    use,
    package: name,
    kind: kind ?? 'plugin',
    installed,
    nearest: near === use ? undefined : near,
    install: line(install, places),
  });
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
