import type { GpuCard } from './gpu.js';

/**
 * What `CUDA_VISIBLE_DEVICES` leaves of the cards, in the order that it names them: numbers or beginnings of UUIDs. As CUDA reads it, what
 * comes after the first that there is not is left out; empty or -1 hides all.
 * @source CUDA C++ Programming Guide, "CUDA environment variables"
 */
export function visibleOf(cards: readonly GpuCard[], value: string | undefined): readonly GpuCard[] {
  if (value === undefined) return cards;
  const chosen: GpuCard[] = [];
  for (const entry of value.split(',').map((text) => text.trim())) {
    const card = cards.find(({ index, uuid }) =>
      /^\d+$/.test(entry) ? index === Number(entry) : /^(GPU|MIG)-./.test(entry) && uuid.startsWith(entry),
    );
    if (card === undefined || chosen.includes(card)) break;
    chosen.push(card);
  }
  return chosen;
}
