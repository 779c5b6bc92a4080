import { isBuiltin } from 'node:module';

import type { Kind } from '@counterweight/core';

import type { PluginFolders } from './installed.js';
import { KNOWN_PLUGINS, KNOWN_WITHOUT_PLUGINS, type KnownPlugin } from './known-packages.js';
import { nearest } from './nearest.js';
import { isMain } from './plugin-kinds.js';
import { parsePluginName } from './plugin-name.js';

/** What was perhaps meant by a name that is not installed. */
export interface Suggestion {
  /** As a manifest names it. Undefined: nothing is near. */
  readonly nearest: string | undefined;
  /** A package to install first; undefined where there is none that is known or likely to exist. */
  readonly install: string | undefined;
}

/**
 * The nearest plugin of a kind, installed or one of ours, by its package's name or its own. A package of which nothing is
 * known is its own suggestion: it may exist.
 * @param use as the manifest has it; undefined `kind`: any
 */
export function suggestion(use: string, kind: Kind | undefined, places: PluginFolders): Suggestion {
  const [wrong, plugin] = use.split('#') as [string, string | undefined];
  const here = places.installed(kind);
  const isHere = (name: string): boolean => here.includes(name);
  const known = KNOWN_PLUGINS.filter((one) => kind === undefined || one.kind === kind);
  if (known.some((one) => one.package === wrong)) return { nearest: use, install: wrong };

  const byName = new Map<string, string>([...here.map((name) => [name, name] as const), ...known.flatMap(names)]);
  const near = nearest(wrong, [...byName.keys()]);
  if (near === undefined) return { nearest: undefined, install: mayExist(wrong) ? wrong : undefined };
  const meant = byName.get(near)!;
  const [name] = meant.split('#') as [string];
  return {
    nearest: plugin !== undefined && meant === name ? `${name}#${nearestOf(plugin, name, known)}` : meant,
    install: isHere(name) ? undefined : name,
  };
}

/** A plugin by its package's name and its own: `mlp` means `@counterweight/cnn#mlp`. */
const names = (one: KnownPlugin): readonly (readonly [string, string])[] =>
  isMain(one, one.package) ? [[one.package, one.package]] : [[one.name, `${one.package}#${one.name}`]];

const nearestOf = (plugin: string, name: string, known: readonly KnownPlugin[]): string =>
  nearest(
    plugin,
    known.filter((one) => one.package === name).map((one) => one.name),
  ) ?? plugin;

const SCOPES = new Set(KNOWN_WITHOUT_PLUGINS.map((name) => name.split('/')[0]));

/** Of our own scope everything is known; a module of Node is no package, nor is what cannot be the name of one. */
const mayExist = (name: string): boolean =>
  parsePluginName(name) !== undefined && !SCOPES.has(name.split('/')[0]) && !isBuiltin(name);
