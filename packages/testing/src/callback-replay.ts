import type { Callback } from '@counterweight/core';

import type { Told } from './callback-training.js';

/** What a callback did with what it was told. */
export interface Replayed {
  /** The places in the list of what was told after which it stopped the run, with its reason. */
  readonly stops: readonly (readonly [place: number, reason: unknown])[];
  /** A place at which it called `stop` though no `epochEnd` was under way. */
  readonly late: number | undefined;
}

/** Tells a callback what another one was told, in the same order, until it stops the run. Each event is an object of its own. */
export async function replay(callback: Callback, told: readonly Told[], from = 0, to = told.length): Promise<Replayed> {
  const stops: [number, unknown][] = [];
  let late: number | undefined;
  for (let place = from; place < Math.min(to, told.length) && stops.length === 0; place++) {
    const { type, event } = told[place]!;
    if (type === 'batchEnd') callback.batchEnd?.({ ...event });
    else {
      let isUnderWay = true;
      const stop = (reason: unknown): void => {
        if (isUnderWay) stops.push([place, reason]);
        else late ??= place;
      };
      await callback.epochEnd?.({ ...event, metrics: { ...event.metrics }, stop });
      isUnderWay = false;
    }
    await new Promise((resolve) => setImmediate(resolve)); // as training does between batches
  }
  return { stops, late };
}
