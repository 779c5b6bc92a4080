/** A package registry of our own on this machine, for as long as a trial lasts: what we publish there nobody else sees. */
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { runServer } from 'verdaccio';

import { command } from './command.js';
import type { Packed } from './stage.js';

export interface Registry {
  readonly url: string;
  /** All of a package manager's environment: this registry, a token for it, and a cache of its own, so that nothing is found elsewhere. */
  readonly environment: Readonly<Record<string, string>>;
  publish(packages: readonly Packed[]): Promise<void>;
  close(): void;
}

/** Other packages than ours come from the registry that npm is configured for, with its certificates. */
export async function startRegistry(folder: string): Promise<Registry> {
  mkdirSync(folder, { recursive: true });
  const setting = async (name: string) => (await command('npm', ['config', 'get', name], { cwd: folder })).trim();
  const certificates = await setting('cafile');
  const upstream = {
    url: await setting('registry'),
    ...(certificates.startsWith('/') && { ca: readFileSync(certificates, 'utf8') }),
  };
  const server = (await runServer({
    configPath: join(folder, 'registry.yaml'),
    self_path: folder,
    storage: join(folder, 'storage'),
    uplinks: { upstream },
    packages: {
      '@counterweight/*': { access: '$all', publish: '$all' },
      '**': { access: '$all', publish: '$all', proxy: 'upstream' },
    },
    auth: { htpasswd: { file: join(folder, 'htpasswd') } },
    log: { type: 'stdout', level: 'fatal' },
  })) as Server;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const userconfig = join(folder, 'npmrc');
  writeFileSync(userconfig, `registry=http://${host}\n//${host}:_authToken=local\n`);
  const environment = {
    ...withoutPackageManager(process.env),
    NPM_CONFIG_USERCONFIG: userconfig,
    NPM_CONFIG_REGISTRY: `http://${host}`,
    NPM_CONFIG_CACHE: join(folder, 'npm-cache'),
    NPM_CONFIG_AUDIT: 'false',
    NPM_CONFIG_FUND: 'false',
    NPM_CONFIG_UPDATE_NOTIFIER: 'false',
    NPM_CONFIG_IGNORE_SCRIPTS: 'false',
    // A dependency that wants a newer Node than we do: npm quietly takes an older one, pnpm warns, yarn refuses.
    NPM_CONFIG_ENGINE_STRICT: 'true',
  };
  return {
    url: `http://${host}`,
    environment,
    async publish(packages) {
      for (const { tarball } of packages)
        await command('npm', ['publish', '--provenance=false', tarball], { cwd: folder, environment });
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** What `npm run` tells its scripts would be taken for settings. */
const withoutPackageManager = (environment: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => !/^npm_|^pnpm_|^node_/i.test(entry[0])),
  );
