import * as tf from '@tensorflow/tfjs-core';

import { randomStream, type Dataset, type Model, type Scores } from '@counterweight/core';

import { readInputs } from './read-inputs.js';

// Inference draws nothing; the contract wants a stream all the same.
const INFERENCE = { training: false, frozen: new Set<'body' | 'head'>(), random: randomStream(0) };

/**
 * The logits of some examples in inference mode, unaugmented, row i for `examples[i]`. Memory 4·examples·classes bytes.
 * Yields to the event loop between batches.
 */
export async function scoreExamples(
  model: Model,
  dataset: Dataset,
  examples: Int32Array,
  { batchSize = 256 }: { readonly batchSize?: number } = {},
): Promise<Scores> {
  const columns = dataset.classes.length;
  const logits = new Float32Array(examples.length * columns);
  for (let from = 0; from < examples.length; from += batchSize) {
    const batch = examples.subarray(from, from + batchSize);
    const inputs = await readInputs(dataset, batch);
    tf.tidy(() => {
      const tensor = tf.tensor(Float32Array.from(inputs), [batch.length, ...dataset.input.shape]);
      logits.set(model.classify(model.features(tensor, INFERENCE)).dataSync(), from * columns);
    });
    await tf.nextFrame();
  }
  return { rows: examples.length, columns, block: (from, to) => logits.subarray(from * columns, to * columns) };
}
