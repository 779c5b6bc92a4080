/** Releases, tried out on a copy: changesets are applied and tarballs packed there, nothing in the repository changes. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { packageFolders, ROOT, type PackageFolder } from '../packages.js';
import { command } from './command.js';

/** Where tarballs, and the copy they are made from, lie. */
export const RELEASE = join(ROOT, '.cache', 'release');

export interface Packed extends PackageFolder {
  /** Absolute path. */
  readonly tarball: string;
  /** Of the tarball, in order of their names. */
  readonly files: readonly string[];
  /** Bytes, packed and unpacked. */
  readonly size: number;
  readonly unpackedSize: number;
}

/** Packs every package at the version that the changesets give it. They are built already. */
export async function packAll(folder = RELEASE): Promise<readonly Packed[]> {
  const copy = join(folder, 'packages');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await copyPackages(folder);
  if (pendingChangesets(folder).length > 0) await command(process.execPath, [CHANGESET, 'version'], { cwd: folder });
  const packed: Packed[] = [];
  for (const { name } of packageFolders()) packed.push(await pack(join(copy, name), folder));
  return packed;
}

/** What `changeset version` would make of one set of changes. */
export interface PlannedRelease {
  readonly name: string;
  readonly type: 'major' | 'minor' | 'patch' | 'none';
  readonly oldVersion: string;
  readonly newVersion: string;
}

/** The releases that would follow if the only change were this one. */
export async function releasesAfter(
  changed: string,
  type: PlannedRelease['type'],
  folder = join(RELEASE, 'plan'),
): Promise<readonly PlannedRelease[]> {
  rmSync(folder, { recursive: true, force: true });
  await copyPackages(folder, (path) => basename(path) !== 'dist' && basename(path) !== 'src');
  for (const name of pendingChangesets(folder)) rmSync(join(folder, '.changeset', name));
  writeFileSync(join(folder, '.changeset', 'one.md'), `---\n'${changed}': ${type}\n---\n\nOne change.\n`);
  const plan = join(folder, 'plan.json');
  await command('git', ['init', '--quiet'], { cwd: folder });
  await command('git', ['add', '.'], { cwd: folder });
  const author = ['-c', 'user.name=release', '-c', 'user.email=release@localhost'];
  await command('git', [...author, 'commit', '--quiet', '--message', 'base'], { cwd: folder });
  await command('git', ['branch', '--force', '--move', 'main'], { cwd: folder });
  await command(process.execPath, [CHANGESET, 'status', '--output', 'plan.json'], { cwd: folder });
  const { releases } = JSON.parse(readFileSync(plan, 'utf8')) as { readonly releases: readonly PlannedRelease[] };
  rmSync(folder, { recursive: true });
  return releases;
}

const CHANGESET = join(ROOT, 'node_modules', '@changesets', 'cli', 'bin.js');

const pendingChangesets = (folder: string): readonly string[] =>
  readdirSync(join(folder, '.changeset')).filter((name) => name.endsWith('.md') && name !== 'README.md');

async function copyPackages(folder: string, keep: (path: string) => boolean = () => true): Promise<void> {
  cpSync(join(ROOT, '.changeset'), join(folder, '.changeset'), { recursive: true });
  const root = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly name: string };
  const manifest = { name: root.name, private: true, workspaces: ['packages/*'] };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  // npm is asked for the workspace's manager; a lock file of its own tells changesets that it is npm.
  writeFileSync(
    join(folder, 'package-lock.json'),
    JSON.stringify({ name: root.name, lockfileVersion: 3, packages: {} }),
  );
  for (const { name, folder: from } of packageFolders())
    cpSync(from, join(folder, 'packages', name), {
      recursive: true,
      filter: (path) => basename(path) !== 'node_modules' && keep(path),
    });
  await Promise.resolve();
}

async function pack(from: string, to: string): Promise<Packed> {
  const output = await command('npm', ['pack', '--json', '--pack-destination', to], { cwd: from });
  const [about] = JSON.parse(output) as readonly [
    {
      readonly filename: string;
      readonly size: number;
      readonly unpackedSize: number;
      readonly files: readonly { readonly path: string }[];
    },
  ];
  const manifest = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8')) as PackageFolder['manifest'];
  const tarball = join(to, about.filename);
  if (!existsSync(tarball)) throw new Error(`npm pack wrote no ${tarball}`);
  return {
    name: basename(from),
    folder: from,
    manifest,
    tarball,
    files: about.files.map(({ path }) => path).sort(),
    size: about.size,
    unpackedSize: about.unpackedSize,
  };
}
