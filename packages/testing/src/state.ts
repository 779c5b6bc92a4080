/** Saved states, for the checks of what has memory. */
import type { StateArrays } from '@counterweight/core';

import { demand, demandEqual } from './check.js';

const TYPES = ['Float32Array', 'Float64Array', 'Int32Array', 'Uint8Array'];
const typeOf = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1);

/** @throws check-failed unless every array is of a type that a checkpoint can hold */
export function demandStateArrays(state: StateArrays): void {
  for (const [name, array] of Object.entries(state))
    demand(TYPES.includes(typeOf(array)), `${name} in a saved state: ${TYPES.join(', ')}`, () => typeOf(array));
}

export const copyOf = (state: StateArrays): StateArrays =>
  Object.fromEntries(Object.entries(state).map(([name, array]) => [name, array.slice()]));

/** Fills every array with another number. */
export function scribbleOver(state: StateArrays): void {
  for (const array of Object.values(state)) array.fill(77);
}

/** @throws check-failed unless names, types, lengths and bits are the same */
export function demandSameState(found: StateArrays, wanted: StateArrays): void {
  const layout = (state: StateArrays): string =>
    Object.entries(state)
      .map(([name, array]) => `${name}: ${typeOf(array)} of ${array.length}`)
      .sort()
      .join('; ');
  demand(layout(found) === layout(wanted), `a saved state of ${layout(wanted)}`, () => layout(found));
  for (const [name, array] of Object.entries(wanted)) demandEqual(`${name} in a saved state`, found[name]!, array);
}
