import { inspect } from 'node:util';

import { errors as coreErrors, isCounterweightError, type PluginOrigin } from '@counterweight/core';

import { runCall, type PluginCall } from './calls-under-way.js';
import { noticeEmptyLoop } from './empty-loop.js';

/**
 * Calls into a plugin. Its own errors are told where its entry stands, unless they know better; anything else is its fault.
 * @throws plugin-throws, plugin-never-answers, or what it throws that is ours
 */
export function callPlugin<T>(origin: PluginOrigin, doing: string, body: () => T): T {
  return calling({ origin, doing }, body);
}

/** The same for a call that is made often. */
export function calling<T>(call: PluginCall, body: () => T): T {
  try {
    const result = runCall(call, body);
    if (!(result instanceof Promise)) return result;
    noticeEmptyLoop();
    return result.catch((error: unknown) => {
      throw faultOf(call, error);
    }) as T;
  } catch (error) {
    throw faultOf(call, error);
  }
}

/** What a plugin threw, as an error of ours. */
export function faultOf({ origin: { use, place }, doing }: PluginCall, error: unknown): Error {
  if (isCounterweightError(error)) return error.place || !place ? error : error.at(place);
  return coreErrors['plugin-throws'](
    { use, doing, message: messageOf(error) },
    { cause: error, ...(place && { place }) },
  );
}

/** Of anything that can be thrown, also of what throws when it is looked at. */
function messageOf(error: unknown): string {
  try {
    if (error instanceof Error) return error.message === '' ? error.name : error.message;
    return typeof error === 'string' ? error : `it threw ${inspect(error, { depth: 1, breakLength: Infinity })}`;
  } catch {
    return 'it threw something that cannot be shown';
  }
}
