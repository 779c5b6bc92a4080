/** What a published package holds, and what it must not. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

import type { Packed } from './stage.js';

/** npm runs these when a package is installed, packed or published by somebody else. */
const LIFECYCLE = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish', 'prepack', 'postpack'];
const NEVER =
  /\.test\.|\.tsbuildinfo$|(^|\/)(fixtures|node_modules|\.cache)\/|(^|\/)reference\.(js|ts|d\.ts)|\.log$|(^|\/)\.env/;
/** Bytes of a tarball beyond which something is in it by mistake. */
const MOST = 1_000_000;

/** Every broken rule, in words. */
export function tarballFaults({ folder, files, manifest, size }: Packed): readonly string[] {
  const has = (name: string): boolean => files.includes(name);
  const built = files.filter((name) => /^dist\/.*\.js$/.test(name));
  return [
    ...['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md']
      .filter((name) => !has(name))
      .map((name) => `${name} is missing`),
    // What create-plugin writes has tests of its own.
    ...files
      .filter((name) => NEVER.test(name) && !name.startsWith('templates/'))
      .map((name) => `${name} does not belong there`),
    ...LIFECYCLE.filter((name) => manifest.scripts?.[name] !== undefined).map(
      (name) => `the lifecycle script ${name} would run where it is installed or packed`,
    ),
    ...(built.length === 0 ? ['dist is missing: nothing was built'] : []),
    ...built.flatMap((name) => [
      ...(has(name.replace(/\.js$/, '.d.ts')) ? [] : [`${name} has no types`]),
      ...sourcesOf(join(folder, `${name}.map`)).flatMap((source) => {
        const path = posix.normalize(posix.join(posix.dirname(name), source));
        return has(path) ? [] : [`${name}.map names ${path}, which is not there`];
      }),
    ]),
    ...(files.some((name) => name.startsWith('vendor/')) && !has('NOTICE')
      ? ['third-party code without a NOTICE']
      : []),
    ...(size > MOST ? [`${size} bytes: more than ${MOST}`] : []),
    ...rangeFaults(manifest),
  ];
}

/** A package that is published is found by its range only: no workspace protocol, no path, no exact version of ours. */
function rangeFaults({ dependencies = {}, peerDependencies = {} }: Packed['manifest']): readonly string[] {
  return Object.entries({ ...dependencies, ...peerDependencies }).flatMap(([name, range]) =>
    /^(workspace|file|link|git|http)/.test(range) || (name.startsWith('@counterweight/') && /^\d/.test(range))
      ? [`${name}: ${range} cannot be resolved by a stranger`]
      : [],
  );
}

function sourcesOf(map: string): readonly string[] {
  if (!existsSync(map)) return [`no ${map.slice(dirname(dirname(map)).length + 1)}`];
  const { sources } = JSON.parse(readFileSync(map, 'utf8')) as { readonly sources: readonly string[] };
  return sources;
}
