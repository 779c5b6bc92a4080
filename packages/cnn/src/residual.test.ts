import type { Model } from '@counterweight/core';
import { loadEngine } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers the gradients
import { beforeAll, expect, test } from 'vitest';

import { createCnn, examples, modeOf } from './fixtures/networks.js';
import { cnnOptions } from './options.js';

beforeAll(() => loadEngine());

const create = (shape: readonly number[], options: object) =>
  createCnn(shape, { architecture: 'residual', ...options });
const shapes = (shape: readonly number[], options: object) => {
  const model = create(shape, options);
  const result = new Map(model.parameters.map(({ name, variable }) => [name, variable.shape]));
  model.dispose();
  return result;
};

const bodySize = (model: Model) =>
  model.parameters.reduce((size, { group, variable }) => size + (group === 'body' ? variable.size : 0), 0);

test('18 layers have as many parameters as torchvision’s without its output, and take a step on 8 images of 224 pixels', () => {
  const shape = [224, 224, 3];
  const model = create(shape, {});
  expect(bodySize(model)).toBe(11_176_512);
  const first = model.parameters[0]!.variable;
  const { grads } = tf.variableGrads(
    () => tf.mean(tf.square(model.classify(model.features(examples(8, shape), modeOf(true))))),
    model.parameters.map(({ variable }) => variable),
  );
  expect(Object.keys(grads)).toHaveLength(model.parameters.length);
  const gradient = grads[first.name]!.dataSync();
  expect(gradient.every(Number.isFinite) && gradient.some((slope) => slope !== 0)).toBe(true);
  tf.dispose(grads);
  model.dispose();
}, 60_000);

test('50 layers have as many parameters as torchvision’s without its output', () => {
  const model = create([224, 224, 3], { depth: 50 });
  expect(bodySize(model)).toBe(23_508_032);
  model.dispose();
});

test('the depth counts the kernels from the input to the output, the shortcuts left out', () => {
  for (const depth of [10, 14, 18, 34, 50]) {
    const names = [...shapes([8, 8, 1], { depth, width: 1 }).keys()];
    expect(names.filter((name) => name.endsWith('/kernel') && !name.includes('shortcut'))).toHaveLength(depth);
  }
});

test('the stem goes by the longer side; with the last map pooled any size gives eight widths of features', () => {
  const stem = (height: number, width: number) => {
    const model = create([height, width, 1], { depth: 10, width: 2, head: 'flatten' });
    const [features = 0] = model.head.kernel.shape;
    const side = model.parameters[0]!.variable.shape[0];
    model.dispose();
    return { side, cells: features / 16 };
  };
  // Three stages halve what the stem leaves, rounding up.
  expect(stem(32, 32)).toEqual({ side: 3, cells: 4 * 4 });
  expect(stem(33, 32)).toEqual({ side: 3, cells: 3 * 2 });
  expect(stem(111, 64)).toEqual({ side: 3, cells: 7 * 4 });
  expect(stem(112, 64)).toEqual({ side: 7, cells: 4 * 2 });
  expect(stem(224, 224)).toEqual({ side: 7, cells: 7 * 7 });
  for (const size of [1, 5, 9, 33, 113]) {
    const model = create([size, 7, 3], { depth: 10, width: 2 });
    expect(tf.tidy(() => model.features(examples(2, [size, 7, 3]), modeOf(true)).shape)).toEqual([2, 16]);
    model.dispose();
  }
});

test('a shortcut has a kernel where the shape changes only', () => {
  const shortcuts = (depth: number) =>
    [...shapes([8, 8, 1], { depth, width: 2 })].filter(([name]) => name.includes('shortcut/kernel'));
  expect(shortcuts(18)).toEqual([
    ['stage2/block1/shortcut/kernel', [1, 1, 2, 4]],
    ['stage3/block1/shortcut/kernel', [1, 1, 4, 8]],
    ['stage4/block1/shortcut/kernel', [1, 1, 8, 16]],
  ]);
  expect(shortcuts(50)[0]).toEqual(['stage1/block1/shortcut/kernel', [1, 1, 2, 8]]);
});

test('every block starts as its shortcut: its last norm’s scale is 0, all others 1', () => {
  for (const [depth, last] of [
    [18, 'conv2'],
    [50, 'conv3'],
  ] as const) {
    const model = create([8, 8, 1], { depth, width: 1 });
    for (const { name, variable } of model.parameters)
      if (name.endsWith('/scale')) expect(variable.dataSync()[0], name).toBe(name.includes(`/${last}/`) ? 0 : 1);
    model.dispose();
  }
});

test('an inference holds a few maps at a time, however deep the network', async () => {
  const shape = [32, 32, 8];
  const peak = async (depth: number) => {
    const model = create(shape, { depth, width: 8 });
    const x = examples(16, shape);
    const { numBytes } = tf.memory();
    const { peakBytes } = await tf.profile(() => model.features(x, modeOf(false)));
    model.dispose();
    x.dispose();
    return (peakBytes - numBytes) / (16 * 32 * 32 * 8 * 4);
  };
  expect(await peak(34)).toBe(await peak(10));
  expect(await peak(34)).toBeLessThan(6);
});

test('features are dropped in training only, and by the step’s stream', () => {
  const model = create([8, 8, 1], { depth: 10, width: 4, dropout: 0.5 });
  const features = (training: boolean, seed: number) =>
    tf.tidy(() => Array.from(model.features(examples(4, [8, 8, 1]), modeOf(training, [], seed)).dataSync()));
  expect(features(true, 1)).toEqual(features(true, 1));
  expect(features(true, 1)).not.toEqual(features(true, 2));
  expect(features(false, 1)).toEqual(features(false, 2));
  model.dispose();
});

test('options of the other architecture are refused, the depth is one of five', () => {
  const codes = (options: object) => cnnOptions.safeParse(options).error?.issues.map(({ code }) => code);
  expect(codes({})).toBeUndefined();
  expect(codes({ architecture: 'residual', depth: 18, head: 'flatten', dense: 128 })).toBeUndefined();
  expect(codes({ depth: 18 })).toEqual(['unrecognized_keys']);
  expect(codes({ architecture: 'residual', widths: [8] })).toEqual(['unrecognized_keys']);
  expect(codes({ architecture: 'residual', depth: 20 })).toEqual(['invalid_value']);
});
