import { predict, type PredictOptions, type PredictResult } from './predict.js';
import { predictionsFormat, type Choice, type FormatName } from './predictions-format.js';
import { fileOutput, type TextOutput } from './predictions-output.js';

export interface WriteOptions extends Omit<PredictOptions, 'start'>, Choice {
  /** Default `csv`. */
  readonly format?: FormatName;
}

/**
 * Predictions as a file, one line per input in order: CSV (`image,labels,probabilities`) or JSON Lines. It appears whole or not at
 * all: not where `signal` ends it.
 * @param file new
 * @throws out-unwritable: also where something has that name; what `predict` throws
 */
export async function writePredictions(
  folder: string,
  source: string,
  file: string,
  options: WriteOptions,
): Promise<PredictResult> {
  return predictInto(await fileOutput(file), folder, source, options);
}

/** To its end, or until nobody reads any longer; abandoned where it is interrupted or fails. */
export async function predictInto(
  output: TextOutput,
  folder: string,
  source: string,
  { format = 'csv', signal, ...options }: WriteOptions,
): Promise<PredictResult> {
  const unread = new AbortController();
  const write = async (text: string): Promise<void> => {
    await output.write(text);
    if (!output.isRead()) unread.abort();
  };
  try {
    const result = await predict(folder, source, {
      ...options,
      signal: signal ? AbortSignal.any([signal, unread.signal]) : unread.signal,
      start: async (about) => {
        const { head, row } = predictionsFormat(format, about, options);
        const unclear = about.classes.filter((name) => name.includes(about.separator));
        if (format === 'csv' && !options.all && unclear.length > 0)
          options.logger.warn(
            `${unclear.length} classes contain "${about.separator}", as ${unclear[0]}: format jsonl keeps them apart`,
          );
        await write(head);
        return ({ ids, probabilities }) => write(ids.map((id, i) => row(id, probabilities[i]!)).join(''));
      },
    });
    // What nobody reads any longer is complete as far as it was read.
    await (result.ended === 'interrupted' && output.isRead() ? output.abandon() : output.end());
    return result;
  } catch (error) {
    await output.abandon();
    throw error;
  }
}
