import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { isCounterweightError } from '@counterweight/core';

import { errors } from './errors.js';
import { isKind, type PluginKind } from './kinds.js';
import { isPackageName, namesOf, unscoped } from './names.js';
import { dependenciesOf, render, type Files } from './render.js';

export interface CreatePluginOptions {
  /** Of the new package, as npm will know it: `my-loss`, `@me/my-loss`. */
  readonly name: string;
  readonly kind: PluginKind;
  /** Where it is written, relative to the working directory; absent or empty. Default: the name without its scope. */
  readonly folder?: string;
}

export interface CreatedPlugin {
  /** Absolute. */
  readonly folder: string;
  /** Relative to the folder, with slashes. */
  readonly files: readonly string[];
}

/**
 * Writes a small package with one plugin, which builds, passes its tests and trains as it is. All of it or nothing.
 *
 * @throws package-name-invalid, package-kind-unknown, package-folder-occupied, package-folder-unusable (exit 2)
 * @example await createPlugin({ name: 'my-loss', kind: 'loss' });
 */
export async function createPlugin({
  name,
  kind,
  folder = unscoped(name),
}: CreatePluginOptions): Promise<CreatedPlugin> {
  if (!isKind(kind)) throw errors['package-kind-unknown']({ kind: String(kind) });
  if (!isPackageName(name) || dependenciesOf(kind).includes(name)) throw errors['package-name-invalid']({ name });
  const files = render(kind, namesOf(name, kind));
  const target = resolve(folder);
  try {
    const there = await checkVacant(target);
    await writeWhole(target, there, files);
  } catch (error) {
    if (isCounterweightError(error)) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw errors['package-folder-unusable']({ folder: target, message }, { cause: error });
  }
  return { folder: target, files: [...files.keys()].sort() };
}

/** Whether the folder exists. @throws package-folder-occupied */
async function checkVacant(folder: string): Promise<boolean> {
  const entries = await readdir(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  // An empty repository that was just cloned is a good place.
  const entry = entries?.find((one) => one !== '.git');
  if (entry !== undefined) throw errors['package-folder-occupied']({ folder, entry });
  return entries !== undefined;
}

/** Writes elsewhere and renames: whoever stops it halfway finds nothing that looks whole. */
async function writeWhole(folder: string, there: boolean, files: Files): Promise<void> {
  const unique = `create-plugin-${randomUUID()}`;
  const staging = there ? join(folder, `.${unique}`) : `${folder}.${unique}`;
  const madeFirst = await mkdir(staging, { recursive: true });
  const moved: string[] = [];
  try {
    for (const [path, text] of files) {
      await mkdir(dirname(join(staging, path)), { recursive: true });
      await writeFile(join(staging, path), text, { flag: 'wx' });
    }
    if (there) await moveUp(staging, folder, moved);
    else await rename(staging, folder);
  } catch (error) {
    for (const path of [...moved, madeFirst ?? staging]) await rm(path, { recursive: true, force: true });
    throw error;
  }
}

/** The folder stays the one that a shell may stand in. @param moved gets what came up, in case the rest does not */
async function moveUp(staging: string, folder: string, moved: string[]): Promise<void> {
  for (const entry of await readdir(staging)) {
    await rename(join(staging, entry), join(folder, entry));
    moved.push(join(folder, entry));
  }
  await rmdir(staging);
}
