import { failAwaited } from './calls-under-way.js';
import { errors } from './errors.js';

let isListening = false;
let whenStuck: (() => void) | undefined;

/**
 * From now on a plugin's promise that can no longer settle, as nothing is left to do in the process, ends its run. Without this
 * Node would end the process without a word.
 */
export function noticeEmptyLoop(): void {
  if (isListening) return;
  isListening = true;
  process.on('beforeExit', () => {
    const failed = failAwaited(({ origin: { use, place }, doing }) =>
      errors['plugin-never-answers']({ use, doing }, place && { place }),
    );
    if (failed === 0) whenStuck?.();
  });
}

/** Calls back when nothing is left to do and no plugin is waited for; undefined: no longer. */
export function onStuck(callback: (() => void) | undefined): void {
  whenStuck = callback;
  if (callback) noticeEmptyLoop();
}
