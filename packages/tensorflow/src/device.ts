// GPU or processor: what is asked for, what there is, and which engine is installed or may be.
import { findEngine } from './cache.js';
import { errors } from './errors.js';
import { findGpus, type GpuCard, type GpuSearch } from './gpu.js';
import { fittingCard, lacking } from './gpu-needs.js';
import { type Device, readLock, thisPlatform } from './lock.js';

/** `auto`: a GPU where one fits, else the processor. */
export type DeviceRequest = 'auto' | Device;

/** What computes, and why. */
export interface DeviceChoice {
  readonly device: Device;
  /** The GPU. */
  readonly card?: GpuCard;
  /** In words. */
  readonly reason: string;
  /** Where the processor is taken though a GPU is there: why, and what to type. */
  readonly warning?: string;
}

/** Why no card can be used. */
export interface Obstacle {
  readonly found: string;
  readonly needed: string;
  readonly remedy: string;
  /** There is a GPU all the same, and nobody hid it: not to use it is worth a warning. */
  readonly isThere: boolean;
}

/**
 * Chooses without loading anything. By itself a GPU is taken where one fits and its engine is installed or may be; a GPU that was asked
 * for is taken or is an error.
 * @param options `install`: whether an engine that is missing may be installed, default true; `search`: what `findGpus` found
 * @throws gpu-unusable: asked for, and there is none that fits
 */
export async function chooseDevice(
  request: DeviceRequest,
  { install = true, search }: { readonly install?: boolean; readonly search?: GpuSearch } = {},
): Promise<DeviceChoice> {
  if (request === 'cpu') return { device: 'cpu', reason: 'asked for' };
  const seen = search ?? (await findGpus());
  const found = usableCard(seen);
  if ('found' in found) {
    if (request === 'gpu') throw errors['gpu-unusable'](found);
    const warning = found.isThere ? unusedGpu(found.found, `needed: ${found.needed}`, found.remedy) : undefined;
    return { device: 'cpu', reason: found.found, ...(warning !== undefined && { warning }) };
  }
  if (request === 'gpu') return { device: 'gpu', card: found, reason: 'asked for' };
  if (seen.problem !== undefined) {
    // The driver's files name the card, but where its own program fails CUDA mostly does: not worth fetching gigabytes for.
    const reason = `NVIDIA’s driver does not answer: ${seen.problem}`;
    const remedy = `${LISTED}, or --device gpu all the same`;
    return { device: 'cpu', reason, warning: unusedGpu(found.name, reason, remedy) };
  }
  if (install || findEngine('gpu')) return { device: 'gpu', card: found, reason: 'it fits' };
  const reason = 'the engine for GPUs is not installed';
  return { device: 'cpu', reason, warning: unusedGpu(found.name, reason, INSTALL) };
}

/** What is said where the processor is taken though a GPU is there. */
export const unusedGpu = (found: string, why: string, remedy: string): string =>
  `a GPU is here and is not used (${found}; ${why}): training takes many times as long\n` +
  `  try      ${remedy}; --device cpu chooses the processor without this warning`;

/** The card that TensorFlow can use best, or what stands against each. */
export function usableCard(search: GpuSearch): GpuCard | Obstacle {
  const { cards, hidden, problem } = search;
  const platform = thisPlatform();
  const needed = 'an NVIDIA GPU that TensorFlow can use';
  const [first] = cards;
  if (!(`${platform}-gpu` in readLock()))
    return {
      found: `there is no engine for GPUs of ${platform}`,
      needed: Object.keys(readLock())
        .filter((name) => name.endsWith('-gpu'))
        .join(' or '),
      remedy: 'use another machine, or --device cpu',
      isThere: first !== undefined,
    };
  const card = fittingCard(search);
  if (card) return card;
  if (first) {
    const lacks = lacking(first);
    return {
      found: `${first.name}: ${lacks.map(({ name, found }) => `${name} ${found}`).join(', ')}`,
      needed: lacks.map(({ name, needed: wanted }) => `${name} ${wanted ?? ''}`).join(', '),
      remedy: lacks.map(({ name }) => REMEDIES[name] ?? '').join('; '),
      isThere: true,
    };
  }
  if (problem !== undefined)
    return {
      found: `NVIDIA’s driver does not answer: ${problem}`,
      needed,
      remedy: LISTED,
      isThere: true,
    };
  if (hidden > 0)
    return {
      found: `CUDA_VISIBLE_DEVICES hides the ${hidden === 1 ? 'GPU' : `${hidden} GPUs`}`,
      needed,
      remedy: 'unset CUDA_VISIBLE_DEVICES, or name a card that there is',
      isThere: false,
    };
  return {
    found: 'no NVIDIA GPU was found',
    needed,
    remedy: 'use a machine with one; a container is given it by docker run --gpus all',
    isThere: false,
  };
}

const LISTED = 'nvidia-smi, until it lists the card';
const INSTALL = 'counterweight engine install --device gpu';

const REMEDIES: Readonly<Record<string, string>> = {
  driver: 'a newer driver of NVIDIA',
  'compute capability': 'another card',
  'gpu memory': 'ending what uses the card’s memory (nvidia-smi lists it)',
};
