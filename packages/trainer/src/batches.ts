import type { Dataset, RandomStream } from '@counterweight/core';

import { augment, isMoving, type Augmentation } from './augmentation.js';

/** A batch that was read and augmented. Its memory is reused once the next one is asked for: tensors made of it are freed by then. */
export interface Batch {
  /** [batch] indices in the data set. */
  readonly examples: Int32Array;
  /** float32 [batch, …shape]; a tensor may alias it. */
  readonly inputs: Float32Array;
  /** Of one example. */
  readonly shape: readonly number[];
}

export interface Reading {
  readonly batchSize: number;
  /** The first batch that is wanted. Default 0. */
  readonly first?: number;
  /** Absent: none. `random` is forked here by batch. */
  readonly augmentation?: { readonly options: Augmentation; readonly random: RandomStream };
}

const MOST_AHEAD = 3;
const MOST_BYTES_AHEAD = 2 ** 26;

/**
 * The batches of an order, the last one partial. Up to three are read while one is at work: their reads overlap, as a busy
 * main thread lets each of them take one turn of the event loop per step.
 * @param order [examples]
 */
export async function* readBatches(
  source: Pick<Dataset, 'input' | 'read'>,
  order: Int32Array,
  { batchSize, first = 0, augmentation }: Reading,
): AsyncGenerator<Batch> {
  const { shape, dtype } = source.input;
  const size = shape.reduce((a, b) => a * b, 1);
  const largest = Math.min(batchSize, order.length) * size;
  const batches = Math.ceil(order.length / batchSize);
  const Raw = dtype === 'uint8' ? Uint8Array : Float32Array;
  const ahead = Math.min(MOST_AHEAD, Math.max(1, Math.floor(MOST_BYTES_AHEAD / (largest * Raw.BYTES_PER_ELEMENT))));
  // One place more than is read ahead: floats that need no change are handed out where they were read.
  const places = Array.from({ length: ahead + 1 }, () => new Raw(largest));
  const isChanged = dtype === 'uint8' || (augmentation !== undefined && isMoving(shape, augmentation.options));
  const changed = new Float32Array(isChanged ? largest : 0);

  const read = (batch: number): { examples: Int32Array; raw: Uint8Array | Float32Array; done: Promise<void> } => {
    const examples = order.subarray(batch * batchSize, (batch + 1) * batchSize);
    const raw = places[batch % places.length]!.subarray(0, examples.length * size);
    const done = (async () => source.read(examples, raw))();
    done.catch(() => undefined); // it is awaited in its turn: until then a failure is not unhandled
    return { examples, raw, done };
  };

  const pending: ReturnType<typeof read>[] = [];
  try {
    for (let batch = first; batch < batches; batch++) {
      while (pending.length <= ahead && batch + pending.length < batches) pending.push(read(batch + pending.length));
      const { examples, raw, done } = pending[0]!;
      await done;
      pending.shift();
      if (!isChanged) {
        yield { examples, inputs: raw as Float32Array, shape };
        continue;
      }
      const inputs = changed.subarray(0, raw.length);
      if (augmentation) augment(raw, shape, augmentation.options, augmentation.random.fork(batch), inputs);
      else inputs.set(raw);
      yield { examples, inputs, shape };
    }
  } finally {
    await Promise.allSettled(pending.map(({ done }) => done)); // nothing is being read once an epoch was left early
  }
}
