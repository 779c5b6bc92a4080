// Whether native modules will load and work here, found out from the files alone: loading resolves functions at their first call, where a
// missing one ends the process.
import { join } from 'node:path';

import type { InstalledEngine } from './cache.js';
import { type Elf, type VersionNeed, withElf } from './elf.js';
import { errors } from './errors.js';
import type { Finding } from './finding.js';
import { type LockedEngine, lockedEngine } from './lock.js';
import { reasonOf } from './network.js';
import { systemLibrary } from './system-libraries.js';

/**
 * What an installed engine needs of this machine and of its own libraries, beside what there is: the C library, the C++ library, and the
 * functions that the binding imports from TensorFlow. Takes some 20 ms. Elsewhere than on Linux the loader tells by itself: no findings.
 */
export function loadability(
  engine: InstalledEngine,
  { libraries }: Pick<LockedEngine, 'libraries'> = lockedEngine(engine.device),
): Finding[] {
  if (process.platform !== 'linux') return [];
  const own = libraries.map((library) => join(engine.folder, library));
  const modules = [engine.backendModule, engine.standardErrorModule];
  return attempt('engine', () => [...versionFindings([...modules, ...own]), symbolFinding(engine.backendModule, own)]);
}

/** Throws `engine-load-failed` with the first thing that is wrong. */
export function requireLoadable(engine: InstalledEngine): void {
  const bad = loadability(engine).find(({ good }) => !good);
  if (bad === undefined) return;
  const reason = `${bad.name}: ${bad.found}${bad.needed === undefined ? '' : ` (needed: ${bad.needed})`}`;
  throw errors['engine-load-failed']({ reason, folder: engine.folder });
}

/** Versions of this machine's own libraries: those that the files need beside the newest that there is. */
export function versionFindings(files: readonly string[]): Finding[] {
  return attempt('libraries', () => {
    const needs = files.flatMap((file) => withElf(file, (elf) => elf.versionNeeds()));
    return FAMILIES.flatMap(({ name, prefix }) => {
      const wanted = needs.filter(({ version }) => prefix.test(version));
      return wanted.length === 0 ? [] : [familyFinding(name, prefix, wanted)];
    });
  });
}

/** What a machine's libraries call their versions. */
const FAMILIES = [
  { name: 'glibc', prefix: /^GLIBC_[\d.]+$/ },
  { name: 'libstdc++', prefix: /^GLIBCXX_[\d.]+$/ },
  { name: 'C++ ABI', prefix: /^CXXABI_[\d.]+$/ },
  { name: 'libgcc', prefix: /^GCC_[\d.]+$/ },
];

function familyFinding(name: string, prefix: RegExp, needs: readonly VersionNeed[]): Finding {
  const needed = newest(needs.map(({ version }) => version));
  const offered = new Map<string, readonly string[]>();
  for (const library of new Set(needs.map((need) => need.library))) {
    const path = systemLibrary(library);
    if (path === undefined) return { name, found: `no ${library}`, needed, good: false };
    offered.set(
      library,
      withElf(path, (elf) => elf.versionDefinitions()),
    );
  }
  const lacking = needs.filter(({ library, version }) => offered.get(library)?.includes(version) !== true);
  const best = newest([...offered.values()].flat().filter((version) => prefix.test(version)));
  const found = lacking.length === 0 ? best : `${best}, without ${newest(lacking.map(({ version }) => version))}`;
  return { name, found, needed, good: lacking.length === 0 };
}

/** The highest by its numbers: `GLIBC_2.17` comes after `GLIBC_2.2.5`. */
const newest = (versions: readonly string[]): string =>
  versions.reduce((best, version) => (compareVersions(version, best) > 0 ? version : best), '');

export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => (version.match(/\d+/g) ?? []).map(Number));
  for (let i = 0; i < Math.max(left?.length ?? 0, right?.length ?? 0); i++) {
    const difference = (left?.[i] ?? -1) - (right?.[i] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Functions of Node itself, of interface version 8 (`binding.ts`). */
const NODE = /^(napi|node_api)_/;

function symbolFinding(module: string, libraries: readonly string[]): Finding {
  const names = withElf(module, (elf) =>
    elf
      .imports()
      .filter(({ name, library }) => !NODE.test(name) && (library === undefined || library.startsWith('libtensorflow')))
      .map(({ name }) => name),
  );
  const missing = libraries.reduce(
    (rest, library) => withElf(library, (elf: Elf) => rest.filter((name) => !elf.exports(name))),
    names,
  );
  const few = missing.slice(0, 5).join(', ') + (missing.length > 5 ? ` and ${missing.length - 5} more` : '');
  return {
    name: 'symbols',
    found: missing.length === 0 ? `all ${names.length} in TensorFlow's libraries` : `without ${few}`,
    needed: `the ${names.length} that the binding imports`,
    good: missing.length === 0,
  };
}

function attempt(name: string, look: () => Finding[]): Finding[] {
  try {
    return look();
  } catch (error) {
    return [{ name, found: reasonOf(error), needed: 'libraries that can be read', good: false }];
  }
}
