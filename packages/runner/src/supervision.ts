import { currentCall, failUnasked, throwStray, watchCalls } from './calls-under-way.js';
import { onStuck } from './empty-loop.js';
import { faultOf } from './plugin-call.js';
import { Watchdog } from './watchdog.js';

/** Seconds after which a call into a plugin is told that has not come back. */
const PATIENCE = 60;
/** Milliseconds that a process whose command is done waits for what was left running in it. */
const GRACE = 3000;

/**
 * What the command does for its process while plugins are at work. What they let fail unasked (a rejection that nobody awaits, an
 * exception in a timer) ends a run in order instead of the process; a call that takes long is told, after
 * COUNTERWEIGHT_PATIENCE seconds (default 60, 0 never); a command that nothing can end any longer is; a plugin that ends the process
 * is named; one that left something running does not keep it. Of a process of our own, once: its listeners stay.
 * @param tell writes a failure, and answers with its exit code
 * @throws what `work` throws, and what failed unasked meanwhile
 */
export async function supervised<T>(work: () => Promise<T>, tell: (error: Error) => number): Promise<T> {
  const seconds = Number(process.env['COUNTERWEIGHT_PATIENCE'] ?? PATIENCE);
  const watchdog = seconds > 0 ? new Watchdog(seconds) : undefined;
  let isDone = false;
  const unasked = (thrown: unknown): void => {
    if (isDone) process.exitCode = tell(blamed(thrown));
    else failUnasked(blamed(thrown));
  };
  watchCalls(watchdog);
  onStuck(() => process.exit(tell(new Error('the command waits for nothing'))));
  process.on('uncaughtException', unasked);
  process.on('unhandledRejection', unasked);
  process.on('exit', (code) => {
    const call = currentCall();
    if (!call || process.stdout.errored) return; // our own exit, or of a reader that has seen enough
    // The plugin's code, 0 say, would be taken for that of a run that is done.
    process.exitCode = tell(faultOf(call, new Error(`it ended the process with code ${code}`)));
  });
  try {
    const result = await work();
    await new Promise(setImmediate); // a rejection is told a moment after it is let go
    throwStray();
    return result;
  } finally {
    isDone = true;
    onStuck(undefined);
    watchCalls(undefined);
    void watchdog?.stop();
    endSoon();
  }
}

/** What failed unasked, in the name of whose code it was. */
function blamed(thrown: unknown): Error {
  const call = currentCall();
  if (call) return faultOf({ ...call, doing: `${call.doing}, in what nobody awaits` }, thrown);
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** Ends the process, unless it ends by itself before: this timer keeps none. */
function endSoon(): void {
  setTimeout(() => {
    if (process.stdout.writableLength > 0) {
      endSoon(); // a slow reader
      return;
    }
    process.stderr.write(
      'warning   something still runs that was started meanwhile, as a plugin may: the command is done and ends it\n',
    );
    process.exit();
  }, GRACE).unref();
}
