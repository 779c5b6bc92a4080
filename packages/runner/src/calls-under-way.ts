// What plugins are doing at this moment, in this process: whose code runs, whose promises are awaited, what failed unasked.
// It is of the process as the event loop is: a loop that is empty, or a rejection that nobody awaits, belongs to no one run.
import { AsyncLocalStorage } from 'node:async_hooks';

import type { PluginOrigin } from '@counterweight/core';

import type { CallWatch } from './watchdog.js';

/** One method of one plugin. */
export interface PluginCall {
  readonly origin: PluginOrigin;
  /** In words: `in compute`. */
  readonly doing: string;
}

interface Awaited {
  readonly call: PluginCall;
  readonly fail: (error: Error) => void;
}

const running = new AsyncLocalStorage<PluginCall>();
const awaited = new Set<Awaited>();
let stray: Error | undefined;
let watch: CallWatch | undefined;

/** The call that the code at hand belongs to: also in what it started and did not wait for. */
export const currentCall = (): PluginCall | undefined => running.getStore();

/** From now on calls are watched; undefined: no longer. */
export function watchCalls(by: CallWatch | undefined): void {
  watch = by;
}

/** A sign of life of whoever is at work. */
export const stir = (): void => watch?.stir();

/** Runs a plugin's code. @throws what it throws, or what failed unasked before */
export function runCall<T>(call: PluginCall, body: () => T): T {
  throwStray();
  const by = watch; // its places are no other one's
  const place = by?.enter(call);
  try {
    const result = running.run(call, body);
    return isThenable(result) ? (awaitCall(call, result, by, place) as T) : result;
  } finally {
    if (place !== undefined) by?.leave(place);
  }
}

/** Waits for a plugin's promise; it also ends when the calls under way are made to fail. */
function awaitCall(
  call: PluginCall,
  promise: PromiseLike<unknown>,
  by: CallWatch | undefined,
  entered: number | undefined,
): Promise<unknown> {
  const place = entered === undefined ? undefined : by?.wait(call, entered);
  return new Promise((resolve, reject) => {
    const one: Awaited = { call, fail: reject };
    awaited.add(one);
    const end = (): void => {
      awaited.delete(one);
      if (place !== undefined) by?.leave(place);
    };
    promise.then(
      (value) => {
        end();
        resolve(value);
      },
      (error: unknown) => {
        end();
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what it is, its caller tells
        reject(error);
      },
    );
  });
}

/** Makes all calls fail that are waited for. @returns their number */
export function failAwaited(make: (call: PluginCall) => Error): number {
  const all = [...awaited];
  awaited.clear();
  for (const { call, fail } of all) fail(make(call));
  return all.length;
}

/** Something failed that nobody waits for: it ends what is waited for, else the next call. */
export function failUnasked(error: Error): void {
  if (failAwaited(() => error) === 0) stray ??= error;
}

/** @throws what failed unasked and was not told yet */
export function throwStray(): void {
  if (!stray) return;
  const error = stray;
  stray = undefined;
  throw error;
}

export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
  'then' in value &&
  typeof value.then === 'function';
