import type { Writable } from 'node:stream';

import type { Terminal } from './commands.js';
import { type EngineFlags, engineOptions } from './engine-command.js';
import type { FormatName } from './predictions-format.js';

export interface PredictCommandOptions extends EngineFlags {
  readonly format?: FormatName;
  /** A new file; default: standard output. */
  readonly out?: string;
  readonly top?: number;
  readonly threshold?: number;
  readonly all?: boolean;
  readonly batchSize?: number;
}

const INTERRUPTED = 130;
const STOPPING = '\nstopping after this batch; once more to stop at once\n';

/** `counterweight predict RUN FOLDER|LIST` */
export async function predictCommand(
  run: string,
  source: string,
  options: PredictCommandOptions,
  { progress, onInterrupt }: Pick<Terminal, 'progress' | 'onInterrupt'>,
  standardOutput: Writable = process.stdout,
): Promise<number> {
  const { predictInto } = await import('./write-predictions.js');
  const { fileOutput, streamOutput } = await import('./predictions-output.js');
  const { format, out, batchSize, top, threshold, all } = options;
  const output = out === undefined ? streamOutput(standardOutput) : await fileOutput(out);
  const abort = new AbortController();
  let isPredicting = false;
  const stopListening = onInterrupt(() => {
    abort.abort();
    progress.write(isPredicting ? STOPPING : '\ninterrupted before predicting\n');
    return isPredicting ? 'ends by itself' : 'end now';
  });
  const warn = (message: string): void => void progress.write(`warning   ${message}\n`);
  try {
    const { ended, rows, unreadable } = await predictInto(output, run, source, {
      ...(format !== undefined && { format }),
      ...(batchSize !== undefined && { batchSize }),
      ...(top !== undefined && { top }),
      ...(threshold !== undefined && { threshold }),
      ...(all !== undefined && { all }),
      ...engineOptions(options, { progress }),
      logger: { info: (message) => void progress.write(`${message}\n`), warn },
      signal: abort.signal,
      onPredicting: () => {
        isPredicting = true;
      },
    });
    if (ended === 'interrupted' && output.isRead()) {
      progress.write(`interrupted after ${rows} rows${out === undefined ? '' : `; ${out} was not written`}\n`);
      return INTERRUPTED;
    }
    if (out !== undefined) progress.write(`${rows} rows in ${out}\n`);
    if (unreadable > 0) warn(`${unreadable} inputs could not be read and have no row`);
    return 0;
  } finally {
    stopListening();
  }
}
