// An installation that somebody watches: told what it will take before it begins, and how it ended.
import { engineFolder, findEngine, type InstalledEngine } from './cache.js';
import { type InstallOptions, type InstallProgress, installEngine } from './install.js';
import { type Device, downloadSize, installedSize, lockedEngine } from './lock.js';

/** What an installation will take at most: what an interrupted one has left is used. */
export interface InstallAbout {
  readonly device: Device;
  /** TensorFlow's version. */
  readonly version: string;
  readonly folder: string;
  /** Bytes to fetch. */
  readonly download: number;
  /** Bytes on disk afterwards. */
  readonly disk: number;
}

export interface InstallWatcher {
  begins(about: InstallAbout): void;
  goesOn(progress: InstallProgress): void;
  /** Without an engine it failed; the error follows. */
  ended(engine: InstalledEngine | undefined): void;
}

/** The engine of a device: the one that is there, else installed. Throws what `installEngine` throws. */
export async function installWatched(
  device: Device,
  watcher: InstallWatcher | undefined,
  options: Pick<InstallOptions, 'index' | 'from'> = {},
): Promise<InstalledEngine> {
  if (findEngine(device)) return installEngine({ device }); // removes what dead ones left
  const entry = lockedEngine(device);
  const sizes = { download: downloadSize(entry), disk: installedSize(entry) };
  watcher?.begins({ device, version: entry.version, folder: engineFolder(entry), ...sizes });
  let engine: InstalledEngine | undefined;
  try {
    engine = await installEngine({ ...options, device, onProgress: (progress) => watcher?.goesOn(progress) });
    return engine;
  } finally {
    watcher?.ended(engine);
  }
}
