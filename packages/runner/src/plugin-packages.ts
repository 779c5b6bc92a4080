import { isCounterweightError, type AnyPlugin, type CounterweightError } from '@counterweight/core';

import { exportedPlugins } from './exported-plugins.js';
import type { PluginFolders } from './installed.js';
import type { PackageFolder } from './package-folder.js';
import { isMain } from './plugin-kinds.js';
import { resolvePackage } from './resolve-package.js';

/** A package that was imported for its plugins. */
export interface PluginPackage {
  readonly found: PackageFolder;
  readonly plugins: readonly NamedPlugin[];
  /** Why there are none. */
  readonly problem: CounterweightError | undefined;
}

interface NamedPlugin {
  readonly plugin: AnyPlugin;
  /** Every name that means it in its section; the shortest first. */
  readonly uses: readonly string[];
}

/** The packages that say that they hold plugins, imported. One that promised none by a keyword and has none is left out. */
export async function pluginPackages(places: PluginFolders): Promise<readonly PluginPackage[]> {
  const made: PluginPackage[] = [];
  for (const found of places.packages()) {
    const one = await pluginPackage(found, places);
    const mayBeNone = ['plugin-invalid', 'plugin-unresolvable'].includes(one.problem?.code ?? '');
    if (!mayBeNone || places.promises(found)) made.push(one);
  }
  return made;
}

/** One package, imported; what it throws is its problem. */
export async function pluginPackage(found: PackageFolder, { folders }: PluginFolders): Promise<PluginPackage> {
  try {
    const plugins = await exportedPlugins(resolvePackage(found.name, folders)!);
    return { found, plugins: named(found.name, plugins), problem: undefined };
  } catch (error) {
    if (!isCounterweightError(error)) throw error;
    return { found, plugins: [], problem: error };
  }
}

/** A package's name means its only plugin of a kind, or the one that it is named for. */
function named(from: string, plugins: readonly AnyPlugin[]): readonly NamedPlugin[] {
  return plugins.map((plugin) => {
    const isOnly = plugins.filter(({ kind }) => kind === plugin.kind).length === 1;
    const full = `${from}#${plugin.name}`;
    return { plugin, uses: isOnly || isMain(plugin, from) ? [from, full] : [full] };
  });
}
