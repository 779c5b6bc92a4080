import { currentCall, failUnasked, throwStray, watchCalls } from './calls-under-way.js';
import { onStuck } from './empty-loop.js';
import { faultOf } from './plugin-call.js';
import { Watchdog } from './watchdog.js';

/** Seconds after which a call into a plugin is told that has not come back. */
const PATIENCE = 60;

/**
 * What the command does for its process while plugins are at work. What they let fail unasked (a rejection that nobody awaits, an
 * exception in a timer) ends a run in order instead of the process; a call that takes long is told, after
 * COUNTERWEIGHT_PATIENCE seconds (default 60, 0 never); a command that nothing can end any longer is.
 * @throws what `work` throws, and what failed unasked meanwhile
 */
export async function supervised<T>(work: () => Promise<T>, whenStuck: () => void): Promise<T> {
  const seconds = Number(process.env['COUNTERWEIGHT_PATIENCE'] ?? PATIENCE);
  const watchdog = seconds > 0 ? new Watchdog(seconds) : undefined;
  watchCalls(watchdog);
  onStuck(whenStuck);
  process.on('uncaughtException', unasked);
  process.on('unhandledRejection', unasked);
  try {
    const result = await work();
    throwStray();
    return result;
  } finally {
    process.off('uncaughtException', unasked);
    process.off('unhandledRejection', unasked);
    onStuck(undefined);
    watchCalls(undefined);
    void watchdog?.stop();
  }
}

function unasked(thrown: unknown): void {
  const call = currentCall();
  if (call) failUnasked(faultOf({ ...call, doing: `${call.doing}, in what nobody awaits` }, thrown));
  else failUnasked(thrown instanceof Error ? thrown : new Error(String(thrown)));
}
