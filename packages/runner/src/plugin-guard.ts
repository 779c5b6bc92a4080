import { errors as coreErrors, ORIGIN, type PluginOrigin } from '@counterweight/core';

import { failUnasked, isThenable, type PluginCall } from './calls-under-way.js';
import { given } from './contracts/members.js';
import { calling, faultOf } from './plugin-call.js';
import type { Contract, Wrong } from './plugin-contract.js';

/**
 * What a plugin made, every method called through `callPlugin` and its result held against the contract: a failure in training
 * names the plugin. A method whose promise nobody waits for is answered at once; what it fails with later ends the run.
 */
export function guarded<T extends object>(made: T, origin: PluginOrigin, contract: Contract): T {
  const methods = new Map<PropertyKey, { readonly of: unknown; readonly guarded: Method }>();
  const read = (key: PropertyKey): unknown => {
    if (key === ORIGIN) return origin;
    const value = valueOf(made, key, origin);
    if (typeof value !== 'function') return value;
    const known = methods.get(key);
    if (known?.of === value) return known.guarded;
    const instead = contract.instead?.[String(key)]?.(made as never, origin) as Method | undefined;
    const method = guardedMethod(made, String(key), instead ?? (value as Method), origin, contract);
    methods.set(key, { of: value, guarded: method });
    return method;
  };
  // An object of our own: a proxy may then answer as it likes where theirs is frozen, and can be spread, with what a class has.
  const face = {};
  for (const key of [...keysOf(made), ORIGIN])
    Object.defineProperty(face, key, { get: () => read(key), enumerable: true, configurable: true });
  return new Proxy(face, {
    get: (_, key) => read(key),
    has: (_, key) => key === ORIGIN || Reflect.has(made, key),
    set: (_, key, value) => Reflect.set(made, key, value, made),
    getPrototypeOf: () => Reflect.getPrototypeOf(made),
  }) as T;
}

/** The same for what a plugin was just asked for, if it is that. @throws plugin-breaks-contract */
export function guardedMade(made: unknown, call: PluginCall, contract: Contract): object {
  if (typeof made !== 'object' || made === null)
    throw broken(call, { found: given(made), expected: contract.expected });
  const wrong = calling(call, () => contract.made(made));
  if (wrong) throw broken(call, wrong);
  return guarded(made, call.origin, contract);
}

type Method = (...given: unknown[]) => unknown;

function valueOf(made: object, key: PropertyKey, origin: PluginOrigin): unknown {
  try {
    return Reflect.get(made, key, made);
  } catch (error) {
    throw faultOf({ origin, doing: `reading ${String(key)}` }, error);
  }
}

function guardedMethod(made: object, name: string, method: Method, origin: PluginOrigin, contract: Contract): Method {
  const call = { origin, doing: `in ${name}` };
  const check = contract.results?.[name];
  const checked = (result: unknown, given: readonly unknown[]): unknown => {
    const wrong = check?.(result, given, made);
    if (wrong) throw broken(call, wrong);
    return result;
  };
  const mayWait = contract.asynchronous.includes(name);
  const isAside = contract.aside?.includes(name);
  return (...given) => {
    const result = calling(call, () => method.apply(made, given));
    if (!isThenable(result)) return checked(result, given);
    if (mayWait) return check ? result.then((value) => checked(value, given)) : result;
    void result.then(undefined, (error: unknown) => {
      if (isAside) failUnasked(faultOf(call, error));
    });
    if (isAside) return undefined;
    throw broken(call, { found: 'a promise', expected: 'a result at once: nobody waits for it' });
  };
}

export const broken = ({ origin: { use, place }, doing }: PluginCall, { found, expected }: Wrong): Error =>
  coreErrors['plugin-breaks-contract']({ use, doing, found, expected }, place && { place });

/** Own ones and those of its classes. */
function keysOf(made: object): ReadonlySet<string> {
  const keys = new Set(Object.keys(made));
  for (let of = Reflect.getPrototypeOf(made); of && of !== Object.prototype; of = Reflect.getPrototypeOf(of))
    for (const key of Object.getOwnPropertyNames(of)) if (key !== 'constructor') keys.add(key);
  return keys;
}
