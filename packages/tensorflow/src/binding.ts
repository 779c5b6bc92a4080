// The two native modules: tfjs-node's binding to TensorFlow's C interface, and a helper that must load before it.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Compiled modules, as paths. */
export interface Binding {
  /** tfjs-node's binding. */
  readonly backendModule: string;
  /** Redirects standard error, below Node. */
  readonly standardErrorModule: string;
}

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
export const backendSources = here('../vendor/binding');
export const ownSources = here('../native');

export const nodeHeaders = (): string =>
  join(dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')), 'include');

const MAC = process.platform === 'darwin';

/** N-API 8 is in every Node since 15.12. macOS resolves Node's own functions when the module loads. */
export const flags = [
  ...['-std=c++17', '-O2', '-fPIC'],
  ...(MAC ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared']),
  ...['-fvisibility=hidden', '-DNAPI_VERSION=8'],
];

/** Where a module looks for TensorFlow's libraries: in `lib` beside its own folder. */
export const searchPath = `-Wl,-rpath,${MAC ? '@loader_path' : '$ORIGIN'}/../lib`;

/** Where an engine's folder has, or will have, the modules of these sources and flags. */
export const bindingFiles = (folder: string): Binding => moduleNames(join(folder, 'binding'));

/** The same in any folder. */
export function moduleNames(folder: string): Binding {
  const hash = createHash('sha256').update(flags.join(' '));
  for (const sources of [backendSources, ownSources])
    for (const name of readdirSync(sources).sort()) hash.update(name).update(readFileSync(join(sources, name)));
  const name = hash.digest('hex').slice(0, 12);
  return {
    backendModule: join(folder, `tfjs-${name}.node`),
    standardErrorModule: join(folder, `stderr-${name}.node`),
  };
}
