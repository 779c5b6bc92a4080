import { errors, isCounterweightError, type Place } from '@counterweight/core';

/** A plugin's entry in the manifest, for what goes wrong inside it. */
export interface Caller {
  readonly use: string;
  readonly place: Place;
}

/**
 * Calls into a plugin. Its own errors are told where its entry stands, unless they know better; anything else is its fault.
 * @throws plugin-throws, or what it throws that is ours
 */
export function callPlugin<T>(caller: Caller, doing: string, call: () => T): T {
  try {
    const result = call();
    return result instanceof Promise
      ? (result.catch((error: unknown) => {
          throw faultOf(caller, doing, error);
        }) as T)
      : result;
  } catch (error) {
    throw faultOf(caller, doing, error);
  }
}

function faultOf({ use, place }: Caller, doing: string, error: unknown): Error {
  if (isCounterweightError(error)) return error.place ? error : error.at(place);
  const message = error instanceof Error ? error.message : String(error);
  return errors['plugin-throws']({ use, doing, message }, { cause: error, place });
}

/** What a plugin made, every method called through `callPlugin`: a failure in training names the plugin. */
export function guarded<T extends object>(made: T, caller: Caller): T {
  return new Proxy(made, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function' || isFixed(target, key)) return value;
      const method = value as (...given: unknown[]) => unknown;
      return (...given: unknown[]) => callPlugin(caller, `in ${String(key)}`, () => method.apply(target, given));
    },
  });
}

/** A proxy must answer such a property as it is. */
function isFixed(target: object, key: PropertyKey): boolean {
  const own = Object.getOwnPropertyDescriptor(target, key);
  return own?.configurable === false && own.writable === false;
}
