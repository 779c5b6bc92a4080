import { loadEngine } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';

import { randomStream, type Dataset } from '@counterweight/core';

import { augmentationOptions } from './augmentation.js';
import { readBatches, type Batch } from './batches.js';
import { tinyDataset } from './fixtures/tiny.js';

beforeAll(() => loadEngine());

const collect = async (
  order: Int32Array,
  augmentation: object,
  batchSize = 4,
  dataset: Dataset = tinyDataset(),
): Promise<Batch[]> => {
  const batches: Batch[] = [];
  const options = augmentationOptions.parse({ shift: 0, ...augmentation });
  const reading = { batchSize, augmentation: { options, random: randomStream(0) } };
  // Kept beyond its turn: copied.
  for await (const batch of readBatches(dataset, order, reading))
    batches.push({ ...batch, inputs: batch.inputs.slice() });
  return batches;
};

test('batches follow the order, the last one partial', async () => {
  const order = Int32Array.of(5, 0, 21, 5, 7, 1, 2, 3, 9);
  const batches = await collect(order, {});
  expect(batches.map(({ examples }) => [...examples])).toEqual([[5, 0, 21, 5], [7, 1, 2, 3], [9]]);
  const whole = new Uint8Array(9 * 16);
  await tinyDataset().read(order, whole);
  expect(batches.flatMap(({ inputs }) => [...inputs])).toEqual([...whole]);
});

test('one image is augmented differently in each batch of an epoch', async () => {
  const batches = await collect(new Int32Array(12).fill(3), { shift: 2, flip: 'both' }, 1);
  expect(new Set(batches.map(({ inputs }) => inputs.join())).size).toBeGreaterThan(6);
});

test('they can begin at any batch, which is the same then', async () => {
  const order = Int32Array.from({ length: 22 }, (_, i) => i);
  const options = augmentationOptions.parse({ flip: 'both' });
  const from = async (first: number): Promise<string[]> => {
    const batches: string[] = [];
    const reading = { batchSize: 4, first, augmentation: { options, random: randomStream(0) } };
    for await (const { inputs } of readBatches(tinyDataset(), order, reading)) batches.push(inputs.join());
    return batches;
  };
  const all = await from(0);
  expect(all).toHaveLength(6);
  for (let first = 1; first <= 6; first++) expect(await from(first)).toEqual(all.slice(first));
});

/** Reads take turns of the event loop, the later the shorter. */
function slowDataset(dataset = tinyDataset()) {
  const reads = { started: 0, done: 0 };
  const read: Dataset['read'] = async (examples, into) => {
    const turns = 7 - (reads.started++ % 7);
    into.fill(0);
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    await dataset.read(examples, into);
    reads.done++;
  };
  return { dataset: { ...dataset, read }, reads };
}

test('up to three batches are read while one is at work', async () => {
  const { dataset, reads } = slowDataset();
  const started: number[] = [];
  for await (const _ of readBatches(dataset, dataset.splits.train, { batchSize: 4 })) started.push(reads.started);
  expect(started).toEqual([4, 5, 6, 6, 6, 6]);
});

test('few are read ahead where they are large', async () => {
  const images: Dataset = {
    ...tinyDataset(),
    input: { shape: [2048, 2048, 3], dtype: 'uint8' },
    read: () => (reads++, Promise.resolve()),
  };
  let reads = 0;
  const started: number[] = [];
  for await (const _ of readBatches(images, Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8), { batchSize: 3 }))
    started.push(reads);
  expect(started).toEqual([2, 3, 3]);
});

test('an epoch that is left early waits for the reads that are under way', async () => {
  const { dataset, reads } = slowDataset();
  for await (const _ of readBatches(dataset, dataset.splits.train, { batchSize: 4 })) break;
  expect(reads).toEqual({ started: 4, done: 4 });
});

test.each(['uint8', 'float32'] as const)(
  '%s: memory is used again, but not while its batch is at work',
  async (dtype) => {
    const { dataset } = slowDataset({ ...tinyDataset(), input: { shape: [16], dtype } });
    const order = Int32Array.from({ length: 203 }, (_, i) => (i * 7) % 22);
    const buffers = new Set<unknown>();
    let at = 0;
    for await (const { inputs, examples } of readBatches(dataset, order, { batchSize: 4 })) {
      const tensor = tf.tensor2d(inputs, [examples.length, 16]);
      const used = tf.add(tensor, 0); // from here on the engine may share the array
      for (let turn = 0; turn < at % 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      const whole = new Float32Array(inputs.length);
      await tinyDataset().read(examples, whole);
      expect(await tensor.data()).toEqual(whole);
      expect(examples).toEqual(order.subarray(4 * at, 4 * ++at));
      buffers.add(inputs.buffer);
      tf.dispose([tensor, used]);
    }
    expect(at).toBe(51);
    expect(buffers.size).toBe(dtype === 'uint8' ? 1 : 4);
  },
);

test('features of floats pass through unchanged', async () => {
  const dataset: Dataset = {
    ...tinyDataset(),
    input: { shape: [2], dtype: 'float32' },
    read: async (examples, into) => {
      examples.forEach((e, i) => into.set([e + 0.25, -e], 2 * i));
      return Promise.resolve();
    },
  };
  const [batch] = await collect(Int32Array.of(3, 8), { shift: 2 }, 4, dataset);
  expect([...batch!.inputs]).toEqual([3.25, -3, 8.25, -8]);
  expect(batch!.shape).toEqual([2]);
});

test('an empty order has no batch', async () => {
  expect(await collect(new Int32Array(0), {})).toEqual([]);
});
