import { isCounterweightError } from '@counterweight/core';

import { errors } from './errors.js';

/**
 * Calls a plugin's method; what it throws becomes an error that names the method.
 * @throws plugin-threw
 */
export function callPlugin<T>(what: string, call: () => T): T {
  try {
    return call();
  } catch (cause) {
    if (isCounterweightError(cause)) throw cause;
    throw errors['plugin-threw']({ what, message: cause instanceof Error ? cause.message : String(cause) }, { cause });
  }
}
