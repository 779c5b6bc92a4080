import { errors, isCounterweightError } from '@counterweight/core';

/**
 * Calls a plugin's method; what it throws becomes an error that names the method.
 * @throws plugin-throws
 */
export function callPlugin<T>(what: string, call: () => T): T {
  try {
    return call();
  } catch (cause) {
    if (isCounterweightError(cause)) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw errors['plugin-throws']({ use: what, doing: 'in training', message }, { cause });
  }
}
