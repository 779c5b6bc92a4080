import { Worker } from 'node:worker_threads';

import type { PluginCall } from './calls-under-way.js';

/** Told of each call into a plugin. Cheap: a few stores into shared memory. */
export interface CallWatch {
  /** @returns a place to leave again; undefined where none is free */
  enter(call: PluginCall): number | undefined;
  /** The call of that place has given a promise: its time goes on, in a place of its own. */
  wait(call: PluginCall, entered: number): number | undefined;
  leave(place: number): void;
  /** A sign of life of whoever is at work. */
  stir(): void;
}

/** Shared memory of int32: a counter of signs of life, then `number, since` of each place; number 0 is free. */
const PLACES = 256;

/**
 * Watches calls into plugins from a thread of its own, which also works while this one is blocked. It writes to standard error
 * which call takes long: after `seconds`, then each time twice as long after. It keeps no process alive, and starts with the first call.
 */
export class Watchdog implements CallWatch {
  private readonly memory = new Int32Array(new SharedArrayBuffer(4 * (1 + 2 * PLACES)));
  private readonly free = Array.from({ length: PLACES }, (_, i) => PLACES - 1 - i);
  private readonly numbers = new Map<string, number>();
  private serial = 0;
  private thread: Worker | undefined;

  /** @param seconds above 0 */
  constructor(private readonly seconds: number) {}

  enter(call: PluginCall): number | undefined {
    return this.occupy(call, false, ++this.serial);
  }

  wait(call: PluginCall, entered: number): number | undefined {
    return this.occupy(call, true, Atomics.load(this.memory, 2 + 2 * entered));
  }

  leave(place: number): void {
    Atomics.store(this.memory, 1 + 2 * place, 0);
    this.free.push(place);
  }

  stir(): void {
    Atomics.add(this.memory, 0, 1);
  }

  async stop(): Promise<void> {
    await this.thread?.terminate();
  }

  private occupy({ origin: { use }, doing }: PluginCall, isPromise: boolean, serial: number): number | undefined {
    const place = this.free.pop();
    if (place === undefined) return undefined;
    const number = this.numberOf(`${use}, ${doing}`, isPromise);
    Atomics.store(this.memory, 2 + 2 * place, serial);
    Atomics.store(this.memory, 1 + 2 * place, number);
    return place;
  }

  /** The thread learns what a number means before it sees it: a message arrives also while this thread is blocked. */
  private numberOf(words: string, isPromise: boolean): number {
    const key = `${isPromise ? 'promise' : 'code'} ${words}`;
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    const number = this.numbers.size + 1;
    this.numbers.set(key, number);
    this.thread ??= this.start();
    this.thread.postMessage({ number, words, isPromise });
    return number;
  }

  private start(): Worker {
    const thread = new Worker(new URL('./watchdog-thread.js', import.meta.url), {
      workerData: { memory: this.memory, seconds: this.seconds, process: process.pid },
    });
    thread.on('error', () => undefined); // without it nothing is watched; a run goes on
    thread.unref();
    return thread;
  }
}
