// How every command comes to an engine: what is chosen is told, what is missing is installed.
import { isCounterweightError, type Logger, type ResolvedRun } from '@counterweight/core';
import { type DeviceRequest, type Engine, type InstallWatcher, loadEngine } from '@counterweight/tensorflow';

import { InstallLines } from './install-watcher.js';

/** What a caller may say of the engine. The first use in a process decides. */
export interface EngineOptions {
  /** `auto`, the default, takes a GPU where one fits, else the processor. Bits differ between devices. */
  readonly device?: DeviceRequest;
  /** Threads of the engine; default: one per core. Bits differ with it. */
  readonly threads?: number;
  /** Whether an engine that is missing is installed; default true, else it is the error `engine-missing`. */
  readonly install?: boolean;
  /** Told of an installation as it happens; default: the logger is, at its beginning and its end. */
  readonly installWatcher?: InstallWatcher;
}

/**
 * Loads the engine, installing it first where it is missing. The logger is told what computes and why; that a GPU is not used is a warning.
 * @param recorded of a run that goes on: its device and threads are kept where nothing else is asked for
 * @throws what the engine throws (exit 5)
 */
export async function openEngine(options: EngineOptions, logger: Logger, recorded?: ResolvedRun): Promise<Engine> {
  const { device, threads = threadsOf(recorded), install = true, installWatcher } = options;
  const open = (request: DeviceRequest): Promise<Engine> =>
    loadEngine({
      device: request,
      ...(threads !== undefined && { threads }),
      install,
      watcher: installWatcher ?? new InstallLines((line) => logger.info(line)),
      onChoice: ({ device: chosen, card, reason, warning }) => {
        const name = chosen === 'gpu' ? `GPU ${card?.name ?? ''}`.trim() : 'processor';
        if (warning === undefined) logger.info(`device    ${name} (${reason})`);
        else logger.warn(warning);
      },
    });
  if (device !== undefined) return open(device);
  // One that had a GPU goes on with whatever there is: `changedSurroundings` tells.
  if (recorded?.engine['device'] !== 'cpu') return open('auto');
  try {
    return await open('cpu');
  } catch (error) {
    if (isCounterweightError(error) && error.code === 'engine-other-device') return open('auto');
    throw error;
  }
}

/** A resumed run keeps the number of threads that its bits came from. */
function threadsOf(recorded: ResolvedRun | undefined): number | undefined {
  const threads = recorded?.engine['threads'];
  return typeof threads === 'number' ? threads : undefined;
}
