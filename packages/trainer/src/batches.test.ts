import { expect, test } from 'vitest';

import { randomStream, type Dataset } from '@counterweight/core';

import { augmentationOptions } from './augmentation.js';
import { readBatches, type Batch } from './batches.js';
import { tinyDataset } from './fixtures/tiny.js';

const collect = async (
  order: Int32Array,
  augmentation: object,
  batchSize = 4,
  dataset: Dataset = tinyDataset(),
): Promise<Batch[]> => {
  const batches: Batch[] = [];
  for await (const batch of readBatches(
    dataset,
    order,
    batchSize,
    augmentationOptions.parse({ shift: 0, ...augmentation }),
    randomStream(0),
  ))
    batches.push(batch);
  return batches;
};

test('batches follow the order, the last one partial, each in memory of its own', async () => {
  const order = Int32Array.of(5, 0, 21, 5, 7, 1, 2, 3, 9);
  const batches = await collect(order, {});
  expect(batches.map(({ examples }) => [...examples])).toEqual([[5, 0, 21, 5], [7, 1, 2, 3], [9]]);
  const whole = new Uint8Array(9 * 16);
  await tinyDataset().read(order, whole);
  expect(batches.flatMap(({ inputs }) => [...inputs])).toEqual([...whole]);
  expect(new Set(batches.map(({ inputs }) => inputs.buffer)).size).toBe(3);
});

test('one image is augmented differently in each batch of an epoch', async () => {
  const batches = await collect(new Int32Array(12).fill(3), { shift: 2, flip: 'both' }, 1);
  expect(new Set(batches.map(({ inputs }) => inputs.join())).size).toBeGreaterThan(6);
});

test('the next batch is read while one is at work', async () => {
  const dataset = tinyDataset();
  let reads = 0;
  const counting: Dataset = { ...dataset, read: (examples, into) => (reads++, dataset.read(examples, into)) };
  const ahead: number[] = [];
  for await (const _ of readBatches(counting, dataset.splits.train, 10, augmentationOptions.parse({}), randomStream(0)))
    ahead.push(reads);
  expect(ahead).toEqual([2, 3, 3]);
});

test('an epoch that is left early waits for the read that is under way', async () => {
  const dataset = tinyDataset();
  let [started, done] = [0, 0];
  const slow: Dataset = {
    ...dataset,
    read: async (examples, into) => {
      started++;
      await new Promise((resolve) => setTimeout(resolve, 5));
      await dataset.read(examples, into);
      done++;
    },
  };
  for await (const _ of readBatches(slow, dataset.splits.train, 4, augmentationOptions.parse({}), randomStream(0)))
    break;
  expect([started, done]).toEqual([2, 2]);
});

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
