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

/** `counterweight predict RUN FOLDER|LIST` */
export async function predictCommand(
  run: string,
  source: string,
  options: PredictCommandOptions,
  { progress, onInterrupt }: Pick<Terminal, 'progress' | 'onInterrupt'>,
  standardOutput: Writable = process.stdout,
): Promise<number> {
  const { predict } = await import('./predict.js');
  const { predictionsFormat } = await import('./predictions-format.js');
  const { fileOutput, streamOutput } = await import('./predictions-output.js');
  const { format = 'csv', out, batchSize } = options;
  const output = out === undefined ? streamOutput(standardOutput) : await fileOutput(out);
  const abort = new AbortController();
  const write = async (text: string): Promise<void> => {
    await output.write(text);
    if (!output.isRead()) abort.abort();
  };
  const stopListening = onInterrupt(() => {
    progress.write('\nstopping after this batch; once more to stop at once\n');
    abort.abort();
    return 'ends by itself';
  });
  const warn = (message: string): void => void progress.write(`warning   ${message}\n`);
  try {
    const { ended, rows, unreadable } = await predict(run, source, {
      ...(batchSize !== undefined && { batchSize }),
      ...engineOptions(options, { progress }),
      logger: { info: (message) => void progress.write(`${message}\n`), warn },
      signal: abort.signal,
      start: async (about) => {
        const { head, row } = predictionsFormat(format, about, options);
        const unclear = about.classes.filter((name) => name.includes(about.separator));
        if (format === 'csv' && !options.all && unclear.length > 0)
          warn(
            `${unclear.length} classes contain "${about.separator}", as ${unclear[0]}: --format jsonl keeps them apart`,
          );
        await write(head);
        return ({ ids, probabilities }) => write(ids.map((id, i) => row(id, probabilities[i]!)).join(''));
      },
    });
    if (ended === 'interrupted' && output.isRead()) {
      await output.abandon();
      progress.write(`interrupted after ${rows} rows${out === undefined ? '' : `; ${out} was not written`}\n`);
      return INTERRUPTED;
    }
    await output.end();
    if (out !== undefined) progress.write(`${rows} rows in ${out}\n`);
    if (unreadable > 0) warn(`${unreadable} inputs could not be read and have no row`);
    return 0;
  } catch (error) {
    await output.abandon();
    throw error;
  } finally {
    stopListening();
  }
}
