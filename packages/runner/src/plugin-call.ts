import { isCounterweightError, type Place } from '@counterweight/core';

import { errors } from './errors.js';

/**
 * Calls into a plugin. Its own errors are told where its entry stands, unless they know better; anything else is its fault.
 * @throws plugin-throws, or what it throws that is ours
 */
export async function callPlugin<T>(use: string, doing: string, place: Place, call: () => T | Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (isCounterweightError(error)) throw error.place ? error : error.at(place);
    const message = error instanceof Error ? error.message : String(error);
    throw errors['plugin-throws']({ use, doing, message }, { cause: error, place });
  }
}
