// Which NVIDIA cards this machine has: asked of nvidia-smi, and where that does not answer of the driver's own files. Loads no CUDA.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { askForGpus } from './gpu-program.js';
import { visibleOf } from './gpu-visible.js';

/** A card, or an instance of a divided one (MIG). What nobody told is absent. */
export interface GpuCard {
  /** As `CUDA_VISIBLE_DEVICES` takes it: `GPU-…` or `MIG-…`. */
  readonly uuid: string;
  /** The number that nvidia-smi gives the card. */
  readonly index: number;
  readonly name: string;
  /** Of the driver. */
  readonly driver?: string;
  /** Compute capability: 8.6. */
  readonly capability?: string;
  /** Bytes. */
  readonly memory?: { readonly total: number; readonly free?: number };
}

export interface GpuSearch {
  /** Those that a program may see by `CUDA_VISIBLE_DEVICES`, in its order. */
  readonly cards: readonly GpuCard[];
  /** How many more there are, hidden by `CUDA_VISIBLE_DEVICES`. */
  readonly hidden: number;
  /** Why the driver could not be asked, in its own words. Absent where there is no sign of one. */
  readonly problem?: string;
}

export interface GpuSearchOptions {
  /** Default: the process's. `PATH` and `CUDA_VISIBLE_DEVICES` count. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds that nvidia-smi may take; eight cards that were asleep take several seconds. Default 30,000. */
  readonly timeout?: number;
  /** Default /proc/driver/nvidia. */
  readonly driverFolder?: string;
}

/** Looks for cards. Throws nothing: neither a card nor a driver is an answer as well. */
export async function findGpus({
  environment = process.env,
  timeout = 30_000,
  driverFolder = '/proc/driver/nvidia',
}: GpuSearchOptions = {}): Promise<GpuSearch> {
  const { cards: answered, problem } = await askForGpus(environment, timeout);
  const cards = answered.length > 0 ? answered : cardsOfDriver(driverFolder);
  const visible = visibleOf(cards, environment['CUDA_VISIBLE_DEVICES']);
  return { cards: visible, hidden: cards.length - visible.length, ...(problem !== undefined && { problem }) };
}

/** What the loaded kernel module tells: names and the driver's version, neither memory nor compute capability. */
function cardsOfDriver(folder: string): readonly GpuCard[] {
  try {
    const driver = /Kernel Module[^\n]*?\s(\d+(?:\.\d+)+)\s/.exec(readFileSync(join(folder, 'version'), 'utf8'))?.[1];
    return readdirSync(join(folder, 'gpus'))
      .sort()
      .flatMap((address, index) => {
        const text = readFileSync(join(folder, 'gpus', address, 'information'), 'utf8');
        const of = (key: string) => new RegExp(`^${key}:\\s*(.*\\S)`, 'm').exec(text)?.[1];
        const [name, uuid] = [of('Model'), of('GPU UUID')];
        if (name === undefined || !uuid?.startsWith('GPU-') || uuid.includes('?')) return [];
        return [{ uuid, index, name, ...(driver !== undefined && { driver }) }];
      });
  } catch {
    return [];
  }
}
