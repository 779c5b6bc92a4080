// What TensorFlow 2.21's wheel for GPUs needs of a card, and what a card has.
import type { Finding } from './finding.js';
import type { GpuCard, GpuSearch } from './gpu.js';

/**
 * The wheel is built with CUDA 12.5, which runs on every driver since CUDA 12.0's.
 * @source NVIDIA, CUDA Compatibility, "Minor Version Compatibility"; CUDA 12 release notes, table of driver versions
 */
const DRIVER = '525.60.13';
/**
 * Machine code for 6.0, 7.0, 8.0, 8.9 and 9.0, each of which serves its whole generation. For newer cards the driver would translate it, and
 * the kernels that TensorFlow generates itself fail there: CUDA_ERROR_INVALID_PTX.
 * @source TensorFlow 2.21 .bazelrc, HERMETIC_CUDA_COMPUTE_CAPABILITIES; TensorFlow's issues 97387, 99592, 101746
 */
const CAPABILITY = { from: 6, below: 10 };
/** CUDA's own state takes some 500 MB, cuDNN's work space the rest; what a network takes comes on top. */
const MEMORY = 1e9;

/** What a card has beside what is needed. What the driver does not tell is taken to be good: loading shows it. */
export function gpuFindings({ name, driver, capability, memory }: GpuCard): readonly Finding[] {
  const untold = 'not told by the driver';
  const { from, below } = CAPABILITY;
  const generation = Number(capability?.split('.')[0] ?? from);
  const available = memory?.free ?? memory?.total ?? Infinity;
  return [
    { name: 'gpu', found: name, good: true },
    { name: 'driver', found: driver ?? untold, needed: `${DRIVER} or newer`, good: !isOlder(driver ?? DRIVER, DRIVER) },
    {
      name: 'compute capability',
      found: capability ?? untold,
      needed: `from ${from}.0, below ${below}.0`,
      good: generation >= from && generation < below,
    },
    {
      name: 'gpu memory',
      found: memory === undefined ? untold : memoryText(memory),
      needed: `${gigabytes(MEMORY)} free`,
      good: available >= MEMORY,
    },
  ];
}

/** What stands against using a card; empty where it fits. */
export const lacking = (card: GpuCard): readonly Finding[] => gpuFindings(card).filter(({ good }) => !good);

/** The card to use: of those that fit the one with most free memory, the first of equals. Undefined where none fits. */
export const fittingCard = ({ cards }: GpuSearch): GpuCard | undefined =>
  cards
    .filter((card) => lacking(card).length === 0)
    .reduce<GpuCard | undefined>((best, card) => (best && freeOf(best) >= freeOf(card) ? best : card), undefined);

const freeOf = ({ memory }: GpuCard): number => memory?.free ?? memory?.total ?? 0;

function isOlder(version: string, than: string): boolean {
  const [a, b] = [version.split('.').map(Number), than.split('.').map(Number)];
  const place = b.findIndex((part, i) => (a[i] ?? 0) !== part);
  return place >= 0 && (a[place] ?? 0) < b[place]!;
}

const memoryText = ({ total, free }: NonNullable<GpuCard['memory']>): string =>
  free === undefined ? gigabytes(total) : `${gigabytes(free)} free of ${gigabytes(total)}`;

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
