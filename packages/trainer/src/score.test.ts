import { loadEngine } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';

import { outputBias, randomStream, weighted, type Model } from '@counterweight/core';

import { channelStatistics } from './channel-statistics.js';
import { initialiseHead } from './head-bias.js';
import { scoreBlocks, scoreExamples } from './score.js';
import { bce, statisticsOf, tinyDataset, tinyModel } from './fixtures/tiny.js';

beforeAll(() => loadEngine());

test.each([1, 4, 7, 64])('scores in batches of %d are those of one batch, row for row', async (batchSize) => {
  const dataset = tinyDataset();
  const model = tinyModel(dataset);
  const examples = Int32Array.of(3, 1, 20, 0, 7, 7, 15, 2, 9);
  const whole = await scoreExamples(model, dataset, examples, { batchSize: 9 });
  const before = tf.memory().numTensors;
  const scores = await scoreExamples(model, dataset, examples, { batchSize });
  expect(tf.memory().numTensors).toBe(before);
  expect([scores.rows, scores.columns]).toEqual([9, 5]);
  const [got, want] = [await scores.block(0, 9), await whole.block(0, 9)];
  got.forEach((x, i) => expect(Math.abs(x - want[i]!)).toBeLessThan(1e-6));
  expect(await scores.block(4, 5)).toEqual(await scores.block(5, 6)); // example 7, twice
  model.dispose();
});

test('probabilities do not depend on the size of batches, through convolutions too', async () => {
  const [count, shape] = [23, [16, 16, 3]];
  const random = randomStream(4);
  const images = Uint8Array.from({ length: count * 768 }, () => random.integer(256));
  const source = {
    input: { shape, dtype: 'uint8' as const },
    read: (examples: Int32Array, into: Uint8Array | Float32Array) => {
      examples.forEach((e, i) => into.set(images.subarray(768 * e, 768 * (e + 1)), 768 * i));
      return Promise.resolve();
    },
  };
  const normal = (...size: number[]) =>
    tf.variable(
      tf.tensor(
        Float32Array.from({ length: size.reduce((a, b) => a * b) }, () => random.normal() / 4),
        size,
      ),
    );
  const [filters, kernel, bias] = [normal(3, 3, 3, 16), normal(1024, 40), normal(40)];
  const model: Model = {
    features: (inputs) => {
      const x = tf.relu(tf.conv2d(tf.div(inputs as tf.Tensor4D, 255), filters as tf.Tensor4D, 1, 'same'));
      return tf.reshape(tf.maxPool(x, 2, 2, 'valid'), [inputs.shape[0], 1024]);
    },
    classify: (features) => tf.add(tf.matMul(features, kernel as tf.Tensor2D), bias),
    parameters: [],
    buffers: [],
    head: { kernel, bias },
    export: () => Promise.resolve(),
    dispose: () => undefined,
  };
  const examples = Int32Array.from({ length: count }, (_, i) => (i * 5) % count);
  const probabilities = async (batchSize: number): Promise<number[]> => {
    const all: number[] = [];
    for await (const { from, rows, logits } of scoreBlocks(model, source, examples, { batchSize })) {
      expect(all).toHaveLength(40 * from);
      expect(rows).toBe(Math.min(batchSize, count - from));
      all.push(...logits.map((z) => 1 / (1 + Math.exp(-z))));
    }
    return all;
  };
  const whole = await probabilities(23);
  expect(whole).toHaveLength(23 * 40);
  for (const batchSize of [1, 2, 7, 11, 64])
    (await probabilities(batchSize)).forEach((p, i) => {
      expect(Math.abs(p - whole[i]!)).toBeLessThan(1e-6);
    });
});

test('no examples, no rows', async () => {
  const dataset = tinyDataset();
  expect((await scoreExamples(tinyModel(dataset), dataset, new Int32Array(0))).rows).toBe(0);
});

test('the head starts at the bias whose calibrated value is the sampled prior', () => {
  const dataset = tinyDataset();
  const model = tinyModel(dataset);
  const loss = weighted(bce, { positive: Float64Array.of(1, 2, 3, 4, 5) });
  const statistics = { sampledPrior: Float64Array.of(0.5, 0.1, 0.01, 0.2, 0.9) };
  initialiseHead(model, loss, statistics);
  expect([...model.head.bias.dataSync()]).toEqual([...Float32Array.from(outputBias(loss, statistics.sampledPrior))]);
  initialiseHead(model, bce, statisticsOf(dataset));
  expect(model.head.bias.dataSync()[0]).not.toBeNaN();
});

describe('channel statistics', () => {
  const stored = (shape: number[], values: Uint8Array | Float32Array) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return {
      input: { shape, dtype: values instanceof Uint8Array ? ('uint8' as const) : ('float32' as const) },
      read: (examples: Int32Array, into: Uint8Array | Float32Array) => {
        examples.forEach((example, i) => into.set(values.subarray(example * size, (example + 1) * size), i * size));
        return Promise.resolve();
      },
    };
  };

  test('of images: per channel, over the examples given only, blocks joined', async () => {
    const pixels = Uint8Array.from({ length: 600 * 12 }, (_, i) => (i * 31) % 256);
    const dataset = stored([2, 2, 3], pixels);
    const examples = Int32Array.from({ length: 599 }, (_, i) => i + 1);
    const { mean, deviation } = await channelStatistics(dataset, examples);
    for (let c = 0; c < 3; c++) {
      const values = [...pixels.subarray(12)].filter((_, i) => i % 3 === c);
      const average = values.reduce((a, b) => a + b, 0) / values.length;
      expect(mean[c]).toBeCloseTo(average, 9);
      expect(deviation[c]).toBeCloseTo(
        Math.sqrt(values.reduce((sum, x) => sum + (x - average) ** 2, 0) / values.length),
        9,
      );
    }
  });

  test('of features: per feature; a constant one has deviation 0, a distant one keeps its digits', async () => {
    const features = Float32Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? 7 : 1e6 + (i % 4)));
    const { mean, deviation } = await channelStatistics(
      stored([2], features),
      Int32Array.from({ length: 200 }, (_, i) => i),
    );
    expect(mean).toEqual([7, 1e6 + 2]);
    expect(deviation).toEqual([0, 1]);
  });
});
