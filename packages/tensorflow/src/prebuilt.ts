// Native modules that come with the package for Linux on x86-64 (prebuild.mjs makes them): with these nobody needs a compiler.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { type Binding, moduleNames } from './binding.js';
import { versionFindings } from './loadable.js';
import { thisPlatform } from './lock.js';

/** Where the package has, or will have, the modules for a platform. */
export const prebuiltFolder = (platform = thisPlatform()): string =>
  join(fileURLToPath(new URL('../prebuilt', import.meta.url)), platform);

/** The package's modules for this machine; or why they are of no use, as words that go on from "prebuilt modules: ". */
export function findPrebuilt(folder: string): Binding | { readonly reason: string } {
  if (!existsSync(folder)) return { reason: `none in this package for ${thisPlatform()}` };
  const files = moduleNames(folder);
  const all = [files.backendModule, files.standardErrorModule];
  if (!all.every((file) => existsSync(file))) return { reason: `those in ${folder} are of other sources` };
  const bad = versionFindings(all).find(({ good }) => !good);
  return bad === undefined ? files : { reason: `they need ${bad.needed ?? 'more'}; this machine has ${bad.found}` };
}
