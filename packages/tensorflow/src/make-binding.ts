import { copyFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

import { withOwnFolder } from './attempt.js';
import { type Binding, bindingFiles, moduleNames } from './binding.js';
import { candidates, compileBinding, type Compiler, findCompiler } from './compile.js';
import { errors } from './errors.js';
import type { LockedEngine } from './lock.js';
import { findPrebuilt, prebuiltFolder } from './prebuilt.js';

/** Where the native modules will come from. */
export type BindingPlan =
  | { readonly prebuilt: Binding; readonly compiler?: undefined }
  | { readonly compiler: Compiler; readonly prebuilt?: undefined };

/** The package's modules if they load here, else a compiler; decided before anything is fetched. Throws `engine-compiler-missing`. */
export async function planBinding(folder = prebuiltFolder()): Promise<BindingPlan> {
  const prebuilt = findPrebuilt(folder);
  if (!('reason' in prebuilt)) return { prebuilt };
  const compiler = await findCompiler();
  if (compiler === undefined)
    throw errors['engine-compiler-missing']({ tried: candidates(), prebuilt: prebuilt.reason });
  return { compiler };
}

/** Puts both modules into an unpacked engine; each appears whole or not at all. Throws `engine-compilation-failed`. */
export async function makeBinding(plan: BindingPlan, folder: string, entry: LockedEngine): Promise<Binding> {
  const files = bindingFiles(folder);
  return withOwnFolder(dirname(files.backendModule), async (temporary) => {
    const made = moduleNames(temporary);
    if (plan.compiler !== undefined) await compileBinding(plan.compiler, folder, entry, made);
    else {
      // Not links: a module looks for TensorFlow's libraries beside where it really lies.
      await copyFile(plan.prebuilt.standardErrorModule, made.standardErrorModule);
      await copyFile(plan.prebuilt.backendModule, made.backendModule);
    }
    await rename(made.standardErrorModule, files.standardErrorModule);
    await rename(made.backendModule, files.backendModule);
    return files;
  });
}
