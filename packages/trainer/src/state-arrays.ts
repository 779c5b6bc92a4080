import type { StateArrays } from '@counterweight/core';

import { errors } from './errors.js';

/** A name at which saved arrays are not what they should be. */
export interface Mismatch {
  readonly name: string;
  readonly found: string;
  readonly expected: string;
}

/** The type and length of an array in words: `Float32Array of 12`. */
export const layoutOf = (array: StateArrays[string]): string => `${array[Symbol.toStringTag]} of ${array.length}`;

/**
 * The first name that is missing, not expected, or of another type or length.
 * @param expected the layout of each array, by name
 */
export function findMismatch(found: StateArrays, expected: ReadonlyMap<string, string>): Mismatch | undefined {
  for (const [name, layout] of expected) {
    const array = Object.hasOwn(found, name) ? found[name] : undefined;
    const actual = array === undefined ? 'nothing' : layoutOf(array);
    if (actual !== layout) return { name, found: actual, expected: layout };
  }
  const extra = Object.keys(found).find((name) => !expected.has(name));
  return extra === undefined ? undefined : { name: extra, found: layoutOf(found[extra]!), expected: 'no such array' };
}

/**
 * @param part whose arrays they are, for the error
 * @param expected the layout of each array, by name
 * @throws training-state-wrong
 */
export function checkLayout(part: string, found: StateArrays, expected: ReadonlyMap<string, string>): void {
  const wrong = findMismatch(found, expected);
  if (wrong) throw errors['training-state-wrong']({ ...wrong, name: `${part}/${wrong.name}` });
}
