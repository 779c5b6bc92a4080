/** `npm run release:dry`: builds, checks and packs every public package as a release would, and publishes nothing. */
import { join, relative } from 'node:path';

import { packageFolders, ROOT } from '../packages.js';
import { command } from './command.js';
import { packAll, RELEASE, releasesAfter, type Packed } from './stage.js';
import { tarballFaults } from './tarball-rules.js';

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const nx = (...args: readonly string[]): Promise<string> =>
  command(process.execPath, [join(ROOT, 'node_modules', 'nx', 'dist', 'bin', 'nx.js'), ...args], { cwd: ROOT });

/** A minor of core must not raise its plugins, which have it as a peer: not to a new major, and not at all. */
async function versionFaults(): Promise<readonly string[]> {
  const peers = packageFolders()
    .filter(({ manifest }) => manifest.peerDependencies?.['@counterweight/core'] !== undefined)
    .map(({ manifest }) => manifest.name);
  const releases = await releasesAfter('@counterweight/core', 'minor');
  return releases
    .filter(({ name, type }) => type === 'major' || (peers.includes(name) && type !== 'none'))
    .map(({ name, type, newVersion }) => `a minor of core would raise ${name} to ${newVersion} (${type})`);
}

function table(packed: readonly Packed[]): string {
  const size = (bytes: number): string => `${(bytes / 1000).toFixed(0)} kB`.padStart(8);
  return packed
    .map(
      ({ manifest, files, size: bytes, unpackedSize }) =>
        `${`${manifest.name}@${manifest.version}`.padEnd(42)} ${String(files.length).padStart(4)} files ${size(bytes)} packed ${size(unpackedSize)} unpacked`,
    )
    .join('\n');
}

say('the native modules that the engine package carries');
await nx('run', '@counterweight/tensorflow:prebuild-binding');
say('publint and are-the-types-wrong, in order of dependencies');
await nx('run-many', '-t', 'release:check');
say('tarballs, at the versions that the changesets give');
const packed = await packAll();
say(table(packed));
const faults = [
  ...packed.flatMap((one) => tarballFaults(one).map((fault) => `${one.manifest.name}: ${fault}`)),
  ...(await versionFaults()),
];
for (const fault of faults) say(`FAILED  ${fault}`);
say(`${packed.length} packages in ${relative(ROOT, RELEASE)}, ${faults.length} faults; nothing was published`);
process.exitCode = faults.length > 0 ? 1 : 0;
