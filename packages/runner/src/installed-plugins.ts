import { isCounterweightError, type AnyPlugin, type CounterweightError, type Kind, type z } from '@counterweight/core';
import { metricPlugins } from '@counterweight/metrics';
import { optimizerPlugins } from '@counterweight/trainer';

import { exampleEntry } from './example-entry.js';
import { PluginFolders } from './installed.js';
import { jsonSchema } from './json-schema.js';
import { pluginOptions, type PluginOption } from './plugin-options.js';
import { pluginPackages, type PluginPackage } from './plugin-packages.js';

/** A plugin that a manifest can name. */
export interface InstalledPlugin {
  readonly kind: Kind;
  readonly name: string;
  /** As a manifest names it: `PACKAGE` or `PACKAGE#NAME` for `use`; of a built-in what `name` takes. */
  readonly use: string;
  readonly options: readonly PluginOption[];
  /** A section of a manifest in YAML: required options filled in, simple defaults written out. */
  readonly example: string;
}

/** A package of plugins, as a manifest gets it. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  readonly description: string | undefined;
  /** Where it was found, links not followed. */
  readonly folder: string;
  /** In the order of its export; empty where the package has a problem. */
  readonly plugins: readonly InstalledPlugin[];
  /** Why it cannot be used. */
  readonly problem: CounterweightError | undefined;
}

export interface InstalledPlugins {
  /** By name. */
  readonly packages: readonly InstalledPackage[];
  /** Optimisers and metrics that need no package. */
  readonly builtIn: readonly InstalledPlugin[];
}

/** From where plugins are looked for: as for a manifest, and last from the command's own installation. */
export interface WhereInstalled {
  /** The manifest's. Default: the working folder. */
  readonly folder?: string;
  /** Default: that of the process. */
  readonly workingFolder?: string;
}

/**
 * The plugins that a manifest in a folder can name: of every package that says so in its package.json, by a keyword
 * (`counterweight-plugin`, `counterweight-loss`) or by core as a peer. Imports them; one that cannot be used is listed with what
 * is wrong, and hides no other.
 *
 * @example
 * const { packages } = await installedPlugins({ folder: 'experiments' });
 * const losses = packages.flatMap(({ plugins }) => plugins.filter(({ kind }) => kind === 'loss'));
 */
export async function installedPlugins(where: WhereInstalled = {}): Promise<InstalledPlugins> {
  const packages = await pluginPackages(placesOf(where));
  return {
    packages: packages.map(described),
    builtIn: [...optimizerPlugins, ...metricPlugins].map((plugin: AnyPlugin) => pluginOf(plugin, plugin.name, 'name')),
  };
}

export const placesOf = ({ workingFolder = process.cwd(), folder = workingFolder }: WhereInstalled): PluginFolders =>
  new PluginFolders(folder, workingFolder);

/** A package in data, for people and machines. */
export function described({ found, plugins, problem }: PluginPackage): InstalledPackage {
  const { name, folder, manifest } = found;
  return {
    name,
    version: manifest.version ?? 'unknown',
    description: manifest.description,
    folder,
    plugins: plugins.map(({ plugin, uses }) => pluginOf(plugin, uses[0]!, 'use')),
    problem,
  };
}

function pluginOf({ kind, name, options, weights }: AnyPlugin, use: string, key: 'use' | 'name'): InstalledPlugin {
  const own = pluginOptions(jsonSchema(options as z.ZodType));
  return {
    kind,
    name,
    use,
    options: kind === 'loss' ? [...own, { ...WEIGHTS, default: weights ?? 'none' }] : own,
    example: exampleEntry(kind, { [key]: use }, options as z.ZodType),
  };
}

/** Reserved in the entry of every loss. */
const WEIGHTS = {
  key: 'weights',
  accepts: 'none, or factors of positive, negative, class',
  required: false,
  description: 'Of a loss of entries: what its curves are multiplied by, per class.',
};

/** For machines: an error as its parts. */
export const asJson = ({ problem, ...rest }: InstalledPackage): Readonly<Record<string, unknown>> => ({
  ...rest,
  ...(isCounterweightError(problem) && { problem: problem.toJSON() }),
});
