import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { ancestors } from './package-folder.js';

/** What is typed to have packages, by the tool that a project uses. */
export interface PackageManager {
  /** To have packages: `npm install NAME`. */
  readonly install: string;
  /** To have a copy of a folder's package instead of a link to it: before and after the folder. */
  readonly copy: readonly [before: string, after: string];
  /** To have one copy of what is there several times. */
  readonly dedupe: string;
  /** To run an installed command. */
  readonly execute: string;
}

const npm: PackageManager = {
  install: 'npm install',
  copy: ['npm install ', ' --install-links'],
  dedupe: 'npm dedupe',
  execute: 'npx',
};
const pnpm: PackageManager = {
  install: 'pnpm add',
  copy: ['pnpm add file:', ''],
  dedupe: 'pnpm dedupe',
  execute: 'pnpm exec',
};
const yarn: PackageManager = {
  install: 'yarn add',
  copy: ['yarn add file:', ''],
  dedupe: 'yarn dedupe',
  execute: 'yarn',
};

/** Its Plug'n'Play has no `node_modules`, where plugins are looked for: they are not found, installed or not. */
const yarnPlugAndPlay: PackageManager = {
  ...yarn,
  install: "echo 'nodeLinker: node-modules' >> .yarnrc.yml && yarn add",
};

const LOCK_FILES: readonly (readonly [file: string, manager: PackageManager])[] = [
  ['pnpm-lock.yaml', pnpm],
  ['.pnp.cjs', yarnPlugAndPlay],
  ['yarn.lock', yarn],
  ['package-lock.json', npm],
];

/** By the nearest lock file, or what Plug'n'Play loads, at or above a folder; npm where there is none. */
export function packageManager(folder: string): PackageManager {
  for (const above of ancestors(folder))
    for (const [file, manager] of LOCK_FILES) if (existsSync(join(above, file))) return manager;
  return npm;
}

/** The line that installs packages into a folder's project: `pnpm add my-loss@latest`. */
export const installLine = (folder: string, packages: readonly string[]): string =>
  [packageManager(folder).install, ...packages].join(' ');
