import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import type { Dataset, Model, Scores } from '@counterweight/core';
import { checkScores, scoreBlocks, scoreExamples } from '@counterweight/trainer';

import { errors } from './errors.js';

/** Bytes of scores that are held in memory: a fifth of a million examples at a thousand classes. */
const IN_MEMORY = 2 ** 30;

export interface SplitScores extends Scores {
  close(): void;
}

/**
 * The logits of a split, any number of them: in memory, or where they are too many in a file that is gone after `close`.
 * @param folder of the run
 * @throws out-unwritable; plugin-not-finite, what the model and the data set throw
 */
export async function splitScores(
  model: Model,
  dataset: Dataset,
  examples: Int32Array,
  folder: string,
  inMemory = IN_MEMORY,
): Promise<SplitScores> {
  const columns = dataset.classes.length;
  if (4 * examples.length * columns <= inMemory)
    return { ...(await scoreExamples(model, dataset, examples)), close: () => undefined };

  const file = join(folder, '.scores.partial');
  const refuse = (error: unknown): unknown =>
    error instanceof Error && 'syscall' in error
      ? errors['out-unwritable']({ path: file, message: error.message }, { cause: error })
      : error;
  let descriptor: number;
  try {
    descriptor = openSync(file, 'w+');
  } catch (error) {
    throw refuse(error);
  }
  const close = (): void => {
    closeSync(descriptor);
    rmSync(file, { force: true });
  };
  try {
    for await (const block of scoreBlocks(model, dataset, examples)) {
      checkScores(model, block, examples);
      const { from, logits } = block;
      whole(bytesOf(logits), 4 * from * columns, (part, at) => writeSync(descriptor, part, 0, part.length, at));
    }
  } catch (error) {
    close();
    throw refuse(error);
  }
  return {
    rows: examples.length,
    columns,
    block: (from, to) => {
      const logits = new Float32Array((to - from) * columns);
      whole(bytesOf(logits), 4 * from * columns, (part, at) => readSync(descriptor, part, 0, part.length, at));
      return logits;
    },
    close,
  };
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** The system may do a part only. */
function whole(bytes: Uint8Array, at: number, move: (part: Uint8Array, at: number) => number): void {
  for (let done = 0; done < bytes.length;) {
    const moved = move(bytes.subarray(done), at + done);
    if (moved === 0) throw new Error('the file of scores ends too early');
    done += moved;
  }
}
