import * as tf from '@tensorflow/tfjs-core';

import { randomStream, type Dataset, type Model, type Scores } from '@counterweight/core';

import { readBatches } from './batches.js';
import { forward } from './forward.js';
import { checkScores } from './score-fault.js';

// Inference draws nothing; the contract wants a stream all the same.
const INFERENCE = { training: false, frozen: new Set<'body' | 'head'>(), random: randomStream(0) };

/** Logits of consecutive examples. */
export interface ScoreBlock {
  /** Position of the first one in the examples asked for. */
  readonly from: number;
  readonly rows: number;
  /** [rows, classes] */
  readonly logits: Float32Array;
}

export interface Scoring {
  /** Examples per block. Default 256. Logits do not depend on it beyond rounding (1e-6 of a probability). */
  readonly batchSize?: number;
}

/**
 * The logits of some examples in inference mode, unaugmented, block by block in their order: any number of examples.
 * Yields to the event loop between blocks.
 */
export async function* scoreBlocks(
  model: Model,
  source: Pick<Dataset, 'input' | 'read'>,
  examples: Int32Array,
  { batchSize = 256 }: Scoring = {},
): AsyncGenerator<ScoreBlock> {
  let from = 0;
  for await (const { inputs, shape, examples: batch } of readBatches(source, examples, { batchSize })) {
    const rows = batch.length;
    const scored = tf.tidy(() => forward(model, tf.tensor(inputs, [rows, ...shape]), INFERENCE));
    const logits = scored.dataSync<'float32'>(); // not inside `tidy`, which would search every number for tensors
    scored.dispose();
    yield { from, rows, logits };
    from += rows;
    await tf.nextFrame();
  }
}

/**
 * The logits of some examples at once, row i for `examples[i]`. Memory 4·examples·classes bytes.
 * @throws plugin-not-finite, what the model throws
 */
export async function scoreExamples(
  model: Model,
  source: Pick<Dataset, 'input' | 'read'>,
  examples: Int32Array,
  scoring: Scoring = {},
): Promise<Scores> {
  const columns = model.head.bias.size;
  const logits = new Float32Array(examples.length * columns);
  for await (const block of scoreBlocks(model, source, examples, scoring)) {
    checkScores(model, block, examples);
    logits.set(block.logits, block.from * columns);
  }
  return { rows: examples.length, columns, block: (from, to) => logits.subarray(from * columns, to * columns) };
}
