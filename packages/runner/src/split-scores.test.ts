import { existsSync, readdirSync } from 'node:fs';

import { labelsFromRows, randomStream, type Dataset, type Model } from '@counterweight/core';
import * as tf from '@tensorflow/tfjs-core';
import { loadEngine } from '@counterweight/tensorflow';
import { beforeAll, expect, test } from 'vitest';

import { project } from './fixtures/project.js';
import { splitScores } from './split-scores.js';

beforeAll(() => loadEngine({ threads: 1 }));

const [EXAMPLES, FEATURES, CLASSES] = [700, 3, 5] as const;

const dataset: Dataset = {
  classes: ['a', 'b', 'c', 'd', 'e'],
  input: { shape: [FEATURES], dtype: 'float32' },
  labels: labelsFromRows(
    Array.from({ length: EXAMPLES }, () => []),
    CLASSES,
  ),
  splits: { train: new Int32Array(), validation: new Int32Array(), test: new Int32Array() },
  fingerprint: '',
  id: String,
  read: (examples, into) => {
    const random = randomStream(1);
    examples.forEach((example, i) => {
      const own = random.fork(example);
      for (let f = 0; f < FEATURES; f++) into[i * FEATURES + f] = own.normal();
    });
    return Promise.resolve();
  },
  close: () => Promise.resolve(),
};

function linear(): Model {
  const kernel = tf.variable(tf.randomNormal([FEATURES, CLASSES], 0, 1, 'float32', 1));
  const bias = tf.variable(tf.zeros([CLASSES]));
  return {
    features: (inputs) => inputs as tf.Tensor2D,
    classify: (features) => tf.add(tf.matMul(features, kernel as tf.Tensor2D), bias),
    ...{ parameters: [], buffers: [], head: { kernel, bias } },
    export: () => Promise.resolve(),
    dispose: () => {
      tf.dispose([kernel, bias]);
    },
  };
}

test('scores in a file are those in memory, block by block, and the file goes', async () => {
  const { folder } = project();
  const model = linear();
  const examples = Int32Array.from({ length: EXAMPLES }, (_, i) => (i * 37) % EXAMPLES);
  const memory = await splitScores(model, dataset, examples, folder);
  const before = readdirSync(folder);
  const file = await splitScores(model, dataset, examples, folder, 1000);
  expect(readdirSync(folder)).toEqual(['.scores.partial', ...before]);
  for (const [from, to] of [
    [0, EXAMPLES],
    [13, 14],
    [255, 257],
    [699, 700],
    [5, 5],
  ] as const)
    expect(await file.block(from, to)).toEqual(await memory.block(from, to));
  file.close();
  expect(existsSync(`${folder}/.scores.partial`)).toBe(false);
  model.dispose();
});
