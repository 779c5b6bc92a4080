// The other side of watchdog.ts, in a thread of its own. It writes to the descriptor itself: process.stderr of a thread goes
// through the main thread, which may be the one that is stuck.
import { writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

interface Meaning {
  readonly number: number;
  readonly words: string;
  /** Whether its promise is awaited, so that the main thread is free. */
  readonly isPromise: boolean;
}

const { memory, seconds, process } = workerData as {
  readonly memory: Int32Array;
  readonly seconds: number;
  readonly process: number;
};
const STANDARD_ERROR = 2;
const LOOKS = 8; // within `seconds`

const meanings = new Map<number, Meaning>();
parentPort?.on('message', (meaning: Meaning) => meanings.set(meaning.number, meaning));

/** By place: the call that is there, since when, and when it is told next. */
const seen = new Map<number, { readonly call: string; readonly since: number; next: number }>();
let life = 0;

function look(): void {
  const now = performance.now() / 1000;
  const stirred = Atomics.load(memory, 0);
  if (stirred !== life) seen.clear(); // whoever reports is not stuck
  life = stirred;
  for (let place = 0; 1 + 2 * place < memory.length; place++) {
    const number = Atomics.load(memory, 1 + 2 * place);
    const call = `${number} ${Atomics.load(memory, 2 + 2 * place)}`;
    const known = seen.get(place);
    if (number === 0) seen.delete(place);
    else if (known?.call !== call) seen.set(place, { call, since: now, next: seconds });
    else if (now - known.since >= known.next) {
      tell(meanings.get(number), now - known.since);
      known.next *= 2;
    }
  }
}

function tell(meaning: Meaning | undefined, elapsed: number): void {
  if (!meaning) return;
  const { words, isPromise } = meaning;
  const how = isPromise
    ? `to end it, Ctrl-C twice (or kill -KILL ${process})`
    : `it lets nothing else happen, Ctrl-C included; to end it, kill -KILL ${process}`;
  const line = `still in ${words} after ${elapsed.toFixed(elapsed < 10 ? 1 : 0)} s; ${how}, then --resume goes on from the last checkpoint\n`;
  try {
    writeSync(STANDARD_ERROR, line);
  } catch {
    // A terminal that is closed, a pipe that is full: nobody reads it.
  }
}

setInterval(look, Math.min(1000, (1000 * seconds) / LOOKS));
