import { CONTRACT, isCounterweightError, type AnyPlugin, type Kind } from '@counterweight/core';

import { errors } from './errors.js';
import type { PluginFolders } from './installed.js';
import { isMain, SECTIONS } from './plugin-kinds.js';
import { findPlugin, type FoundPlugin } from './plugins.js';

/** Where a plugin comes from that code gave as a value and no installed package exports. */
export const IN_CODE = '(given in code)';

/**
 * A plugin that code gave: as the installed package that exports this very value, so that a run can be read again without the
 * code; else under its own name, to be given again.
 * @throws plugin-kind: of another kind than is wanted; plugin-invalid: no plugin, or one of another contract
 */
export async function findValue<K extends Kind>(
  plugin: AnyPlugin,
  wanted: K,
  places: PluginFolders,
): Promise<FoundPlugin<K>> {
  const { kind, name: use, contract } = plugin as Partial<AnyPlugin>;
  if (typeof use !== 'string' || contract !== CONTRACT || typeof plugin.create !== 'function')
    throw errors['plugin-invalid']({ use: String(use), path: IN_CODE, found: notAPlugin(contract) });
  if (plugin.kind !== wanted)
    throw errors['plugin-kind']({
      use,
      kind: kind!,
      wanted,
      installed: places.installed(wanted),
      section: SECTIONS[plugin.kind],
    });
  return (
    (await exportedAs(plugin, wanted, places)) ?? {
      plugin: plugin as AnyPlugin<K>,
      use,
      version: 'unknown',
      path: IN_CODE,
    }
  );
}

const notAPlugin = (contract: unknown): string =>
  contract === undefined || contract === CONTRACT
    ? 'a value that definePlugin did not make'
    : `a plugin of contract ${JSON.stringify(contract)}`;

/** Packages that say that they hold plugins of the kind; the one that is named for it first, as the others must be imported. */
async function exportedAs<K extends Kind>(
  plugin: AnyPlugin,
  kind: K,
  places: PluginFolders,
): Promise<FoundPlugin<K> | undefined> {
  const [first, rest]: string[][] = [[], []];
  for (const name of places.installed(kind)) (isMain(plugin, name) ? first : rest)!.push(name);
  for (const name of [...first!, ...rest!])
    for (const use of [name, `${name}#${plugin.name}`])
      try {
        const found = await findPlugin(use, kind, places);
        if (found.plugin === plugin) return found;
      } catch (error) {
        // One that cannot be imported is not where the value came from.
        if (!isCounterweightError(error)) throw error;
      }
  return undefined;
}
