import {
  described,
  installedPlugins,
  placesOf,
  type InstalledPackage,
  type InstalledPlugin,
  type WhereInstalled,
} from './installed-plugins.js';
import { packageFolder } from './package-folder.js';
import { parsePluginName } from './plugin-name.js';
import { pluginPackage } from './plugin-packages.js';
import { notInstalled } from './plugins.js';

/** A plugin and its package; a built-in has none. */
export interface FoundInstalled {
  readonly plugin: InstalledPlugin;
  readonly from: InstalledPackage | undefined;
}

/**
 * The plugins that a name means to a person: a package (all that it holds), `PACKAGE#NAME`, or a plugin's own name.
 * A package need not say that it holds plugins: it is asked for.
 * @throws unknown-plugin (exit 2); what is wrong with the package (exit 4)
 */
export async function findInstalled(name: string, where: WhereInstalled = {}): Promise<readonly FoundInstalled[]> {
  const places = placesOf(where);
  const parsed = parsePluginName(name);
  const folder = parsed && packageFolder(parsed.package, places.folders);
  if (parsed && folder) {
    const from = described(await pluginPackage(folder, places));
    if (from.problem) throw from.problem;
    const plugins = from.plugins.filter((one) => parsed.name === undefined || one.name === parsed.name);
    if (plugins.length > 0) return plugins.map((plugin) => ({ plugin, from }));
  }
  const { packages, builtIn } = await installedPlugins(where);
  const all: readonly FoundInstalled[] = [
    ...packages.flatMap((from) => from.plugins.map((plugin) => ({ plugin, from }))),
    ...builtIn.map((plugin) => ({ plugin, from: undefined })),
  ];
  const named = all.filter(({ plugin, from }) => plugin.name === name || from?.name.replace(/^@[^/]*\//, '') === name);
  if (named.length === 0) throw notInstalled(name, parsed ?? { package: name }, undefined, places);
  return named;
}
