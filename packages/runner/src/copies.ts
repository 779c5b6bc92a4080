import { realpathSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

import { errors } from './errors.js';
import { ancestors, packageFolder, readPackage } from './package-folder.js';
import { installLine, packageManager } from './package-manager.js';
import { importedFile, type ResolvedPackage } from './resolve-package.js';

/** What a process may have once: a second tfjs has its own backends, a second core its own expressions. */
const ONCE = ['@counterweight/core', '@tensorflow/tfjs-core'];

const OWN_FOLDER = dirname(fileURLToPath(import.meta.url));

/** @throws two-copies: the plugin would get another core or tfjs than the command has, and fail later and unintelligibly */
export function checkCopies(plugin: ResolvedPackage): void {
  for (const name of ONCE) {
    const [ours, theirs] = [copyFrom(name, OWN_FOLDER), copyFrom(name, dirname(plugin.path))];
    if (ours === undefined || theirs === undefined || ours.path === theirs.path) continue;
    const isDependency = Object.hasOwn(plugin.manifest.dependencies ?? {}, name);
    throw errors['two-copies']({
      name,
      plugin: plugin.name,
      copies: [ours, theirs],
      isDependency,
      remedy: remedy(plugin, isDependency),
    });
  }
}

interface Copy {
  readonly path: string;
  readonly version: string;
}

function copyFrom(name: string, folder: string): Copy | undefined {
  try {
    const path = importedFile(name, folder);
    const version = packageFolder(name, [folder])?.manifest.version ?? 'unknown';
    return path === undefined ? undefined : { path: realpathSync(path), version };
  } catch {
    return undefined;
  }
}

function remedy({ name, path, from }: ResolvedPackage, isDependency: boolean): string {
  const { copy, dedupe, execute } = packageManager(from);
  // A link leads into a folder that has installed what it is developed with.
  const root = rootOf(path);
  if (isLinkedFrom(root, from)) return `${copy.join(root)}: a copy instead of a link`;
  if (!sharesInstallation(from))
    return `${installLine(from, ['@counterweight/runner'])}, then ${execute} counterweight`;
  return isDependency ? `${dedupe}; and tell the author of ${name}: it belongs into peerDependencies` : dedupe;
}

const rootOf = (path: string): string => ancestors(dirname(path)).find((above) => readPackage(above)) ?? dirname(path);

/** Whether a package is neither installed nor a part of the project that a folder is in. */
const isLinkedFrom = (root: string, folder: string): boolean =>
  !root.includes(`${sep}node_modules${sep}`) &&
  !ancestors(realpathSync(folder)).some((above) => readPackage(above) && `${root}${sep}`.startsWith(`${above}${sep}`));

/** Whether the command that runs is the one that a folder's project has installed. */
function sharesInstallation(folder: string): boolean {
  const installed = packageFolder('@counterweight/runner', [folder]);
  return installed !== undefined && realpathSync(installed.folder) === realpathSync(dirname(OWN_FOLDER));
}
