import { extname } from 'node:path';
import { pathToFileURL } from 'node:url';

import { CONTRACT, errors as coreErrors, isCounterweightError, type AnyPlugin } from '@counterweight/core';

import { runCall } from './calls-under-way.js';
import { checkCopies } from './copies.js';
import { noticeEmptyLoop } from './empty-loop.js';
import { errors } from './errors.js';
import { installLine } from './package-manager.js';
import type { ResolvedPackage } from './resolve-package.js';
import { KINDS } from './plugin-kinds.js';
import { versions } from './versions.js';

/**
 * Imports a package and answers its plugins: the default export, alone or in an array. At least one.
 *
 * @throws plugin-throws, plugin-unresolvable, plugin-contract, plugin-invalid, two-copies (exit 4)
 */
export async function exportedPlugins(found: ResolvedPackage): Promise<readonly AnyPlugin[]> {
  const exported = defaultOf(await importModule(found));
  const plugins: readonly unknown[] = Array.isArray(exported) ? exported : [exported];
  for (const plugin of plugins) checkContract(plugin, found);
  const { name: use, path } = found;
  if (plugins.length === 0) throw errors['plugin-invalid']({ use, path, found: 'an empty array' });
  for (const plugin of plugins) {
    const fault = faultOf(plugin);
    if (fault !== undefined) throw errors['plugin-invalid']({ use, path, found: fault });
  }
  checkCopies(found);
  return plugins as readonly AnyPlugin[];
}

async function importModule(found: ResolvedPackage): Promise<{ readonly default?: unknown }> {
  const { name: use, path, folder } = found;
  try {
    return await runCall({ origin: { use }, doing: 'being imported' }, async () => {
      noticeEmptyLoop();
      return (await import(pathToFileURL(path).href)) as { default?: unknown };
    });
  } catch (error) {
    if (isCounterweightError(error)) throw error;
    const [code, message] = [(error as NodeJS.ErrnoException | undefined)?.code, messageOf(error)];
    // Node takes TypeScript in some versions, and never in node_modules.
    const isUnread = code === 'ERR_UNKNOWN_FILE_EXTENSION' || code === 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING';
    if (isUnread && extname(path) !== '.js' && message.includes(path))
      throw errors['plugin-unresolvable']({ use, folder, message: `it leads to ${path}` }, { cause: error });
    checkCopies(found); // The likelier reason, where it is one.
    throw coreErrors['plugin-throws']({ use, doing: 'being imported', message }, { cause: error });
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Of CommonJS that a compiler made, the default export is one level further down. */
function defaultOf(module: { readonly default?: unknown }): unknown {
  const exported = module.default;
  const isInner =
    typeof exported === 'object' && exported !== null && '__esModule' in exported && 'default' in exported;
  return isInner ? exported.default : exported;
}

function checkContract(plugin: unknown, { name, from, version }: ResolvedPackage): void {
  if (typeof plugin !== 'object' || plugin === null || !('contract' in plugin)) return;
  const { contract } = plugin;
  if (contract === CONTRACT) return;
  const older = typeof contract === 'number' && contract < CONTRACT;
  const remedy = installLine(from, [`${older ? name : '@counterweight/runner'}@latest`]);
  const runner = versions()['@counterweight/runner']!;
  throw errors['plugin-contract']({ use: name, version, contract, own: CONTRACT, runner, remedy });
}

/** What keeps a value from being a plugin, in words. */
function faultOf(value: unknown): string | undefined {
  if (value === undefined) return 'no default export';
  if (typeof value !== 'object' || value === null) return `a ${value === null ? 'null' : typeof value}`;
  const plugin = value as Readonly<Record<string, unknown>>;
  if (plugin['contract'] === undefined) return 'an object without `contract`';
  if (!KINDS.some((kind) => kind === plugin['kind'])) return `a plugin of the kind ${JSON.stringify(plugin['kind'])}`;
  if (typeof plugin['name'] !== 'string') return 'a plugin without `name`';
  const { safeParse } = (plugin['options'] ?? {}) as { readonly safeParse?: unknown };
  if (typeof safeParse !== 'function') return 'a plugin whose `options` are no zod schema';
  if (typeof plugin['create'] !== 'function') return 'a plugin without `create`';
  return Array.isArray(plugin['inject']) ? undefined : 'a plugin without the array `inject`';
}
