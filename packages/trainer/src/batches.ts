import type { Dataset, RandomStream } from '@counterweight/core';

import { augment, type Augmentation } from './augmentation.js';
import { readInputs } from './read-inputs.js';

/** A batch that was read and augmented. */
export interface Batch {
  /** [batch] indices in the data set. */
  readonly examples: Int32Array;
  /** float32 [batch, …shape]; a tensor may alias it. */
  readonly inputs: Float32Array;
  /** Of one example. */
  readonly shape: readonly number[];
}

/**
 * The batches of an epoch, the last one partial; each is read while the one before it is at work.
 * @param order [examples] of the epoch
 * @param random forked for this epoch; forked here by batch
 */
export async function* readBatches(
  dataset: Dataset,
  order: Int32Array,
  batchSize: number,
  augmentation: Augmentation,
  random: RandomStream,
): AsyncGenerator<Batch> {
  const { shape } = dataset.input;
  const read = async (from: number): Promise<Batch> => {
    const examples = order.subarray(from, from + batchSize);
    const raw = await readInputs(dataset, examples);
    return { examples, inputs: augment(raw, shape, augmentation, random.fork(from / batchSize)), shape };
  };
  let next = order.length > 0 ? read(0) : undefined;
  try {
    for (let from = 0; next; from += batchSize) {
      const batch = await next;
      next = from + batchSize < order.length ? read(from + batchSize) : undefined;
      next?.catch(() => undefined); // awaited one step later: until then a failure is not unhandled
      yield batch;
    }
  } finally {
    await next?.catch(() => undefined); // nothing is being read once an epoch was left early
  }
}
