// Makes prebuilt/PLATFORM/: the native modules, compiled, for people without a compiler: node prebuild.mjs (npm run prebuild-binding), on
// Linux x86-64, after a build. It needs the engine (and installs it) and a compiler. What is made goes into the package, never into git.
// The modules must load on old systems too: what a compiler makes that needs newer libraries is refused.
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { moduleNames } from './dist/binding.js';
import { compileBinding, findCompiler } from './dist/compile.js';
import { withElf } from './dist/elf.js';
import { installEngine } from './dist/install.js';
import { compareVersions } from './dist/loadable.js';
import { lockedEngine, thisPlatform } from './dist/lock.js';
import { prebuiltFolder } from './dist/prebuilt.js';

const PLATFORM = 'linux-x64';
/** An older C library than TensorFlow's own 2.27; the C++ library of GCC 11 (Debian 12, Ubuntu 22.04, RHEL 9). Elsewhere people compile. */
const NEWEST = { GLIBC: '2.17', GLIBCXX: '3.4.29', CXXABI: '1.3.13', GCC: '4.8' };

if (thisPlatform() !== PLATFORM) throw new Error(`prebuilt modules are made on ${PLATFORM}; this is ${thisPlatform()}`);
const compiler = await findCompiler();
if (compiler === undefined) throw new Error('no C++ compiler');
const { folder } = await installEngine();

const target = prebuiltFolder(PLATFORM);
mkdirSync(dirname(target), { recursive: true });
const temporary = mkdtempSync(join(dirname(target), 'tmp-'));
try {
  const made = moduleNames(temporary);
  await compileBinding(compiler, folder, lockedEngine('cpu', PLATFORM), made);
  for (const file of Object.values(made)) console.log(`${basename(file)}: needs ${demandsOf(file)}`);
  chmodSync(temporary, 0o755);
  rmSync(target, { recursive: true, force: true });
  renameSync(temporary, target);
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
console.log(`${target}, by ${compiler.version}`);

/** The newest version of each family that a module needs. Throws when it is too new. */
function demandsOf(file) {
  const newest = {};
  for (const { version } of withElf(file, (elf) => elf.versionNeeds())) {
    const [, family, number] = /^([A-Z]+)_([\d.]+)$/.exec(version) ?? [];
    if (family === undefined) continue; // TensorFlow's own
    if (NEWEST[family] === undefined || compareVersions(number, NEWEST[family]) > 0)
      throw new Error(`${basename(file)} needs ${version}, which is newer than ${family}_${NEWEST[family]}`);
    if (compareVersions(number, newest[family] ?? '0') > 0) newest[family] = number;
  }
  return Object.entries(newest)
    .map(([family, number]) => `${family}_${number}`)
    .join(', ');
}
