import { join } from 'node:path';

import type { Model } from '@counterweight/core';
import { loadEngine } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';

import {
  create,
  descend,
  images,
  inputOf,
  logitsOf,
  mode,
  newFolder,
  read,
  smallModel,
  stateOf,
  write,
} from './fixtures/models.js';
import { readModelFiles } from './read-model.js';

const { layers } = tfl;
beforeAll(async () => {
  if (!(await loadEngine().catch(() => undefined))) await tf.setBackend('cpu');
});

const featuresOf = async (folder: string, given: object, x: tf.Tensor, input = inputOf([6, 6, 2])) => {
  const model = await create(folder, given, input);
  const features = tf.tidy(() => model.features(x, mode(false)));
  const result = { shape: features.shape, values: Array.from(features.dataSync()) };
  features.dispose();
  model.dispose();
  return result;
};
const close = (values: readonly number[], wanted: readonly number[]) => {
  expect(values).toHaveLength(wanted.length);
  values.forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 4));
};

describe('features', () => {
  test('by default what the last dense layer is given; a map is averaged over its places', async () => {
    const original = smallModel();
    const relu = tfl.model({
      inputs: original.inputs,
      outputs: original.getLayer('relu').output,
    });
    const x = images(2);
    const wanted = read(() => tf.mean(relu.predict(tf.sub(tf.div(x, 127.5), 1)) as tf.Tensor, [1, 2]));
    const folder = await write(original);
    for (const given of [{}, { features: 'relu' }, { features: 'pool' }]) {
      const { shape, values } = await featuresOf(folder, given, x);
      expect(shape).toEqual([2, 3]);
      close(values, wanted);
    }
    x.dispose();
  });

  test('a classifier that is a model of dense layers itself is left out as a whole', async () => {
    const body = tfl.sequential({
      layers: [layers.conv2d({ inputShape: [6, 6, 2], filters: 5, kernelSize: 3 }), layers.globalAveragePooling2d({})],
    });
    const classifier = tfl.sequential({
      layers: [layers.dense({ inputShape: [5], units: 7 }), layers.dense({ units: 4, activation: 'softmax' })],
    });
    const x = images(2);
    expect((await featuresOf(await write(tfl.sequential({ layers: [body, classifier] })), {}, x)).shape).toEqual([
      2, 5,
    ]);
    x.dispose();
  });

  test('without a dense layer at the end the model’s own output', async () => {
    const model = tfl.sequential({ layers: [layers.conv2d({ inputShape: [6, 6, 2], filters: 5, kernelSize: 3 })] });
    const x = images(2);
    expect((await featuresOf(await write(model), {}, x)).shape).toEqual([2, 5]);
    x.dispose();
  });

  test('a layer that is misspelt: the nearest name is suggested', async () => {
    await expect(create(await write(smallModel()), { features: 'Pol' })).rejects.toMatchObject({
      code: 'layers-model-layer-unknown',
      exit: 2,
      remedy: 'features: pool',
      expected: expect.stringContaining('classifier, pool, relu, norm, conv') as string,
    });
  });

  test('a list of lists is no features', async () => {
    const folder = await write(
      smallModel([layers.reshape({ name: 'rows', targetShape: [16, 3] }), layers.reshape({ targetShape: [4, 4, 3] })]),
    );
    await expect(create(folder, { features: 'rows' })).rejects.toMatchObject({
      code: 'layers-model-no-features',
      found: 'rows: [any, 16, 3]',
    });
  });
});

describe('pixels', () => {
  test.each([
    ['none', (x: tf.Tensor) => x],
    ['0..1', (x: tf.Tensor) => tf.div(x, 255)],
    ['-1..1', (x: tf.Tensor) => tf.sub(tf.div(x, 127.5), 1)],
    ['dataset', (x: tf.Tensor) => tf.div(tf.sub(x, [100, 101]), [50, 51])],
  ])('normalise: %s, also in what is exported', async (normalise, by) => {
    const original = smallModel();
    const x = images(3);
    const relu = tfl.model({
      inputs: original.inputs,
      outputs: original.getLayer('pool').output,
    });
    const wanted = read(() => relu.predict(by(x)) as tf.Tensor);
    const model = await create(await write(original), { normalise });
    close(
      read(() => model.features(x, mode(false))),
      wanted,
    );

    tf.tidy(() => {
      model.head.kernel.assign(tf.tensor2d([0.5, -1, 2, 1, 0.3, -0.7, -2, 1.1, 0.4], [3, 3]));
    });
    // Twice: a second export is like the first.
    for (const name of ['first', 'second']) {
      const folder = join(newFolder(), name);
      await model.export(folder);
      const exported = await readModelFiles(folder).then((files) =>
        tfl.loadLayersModel({ load: () => Promise.resolve(files) }),
      );
      close(
        read(() => exported.predict(x) as tf.Tensor),
        logitsOf(model, x),
      );
      exported.dispose();
    }
    x.dispose();
    model.dispose();
  });

  test('a channel that never varies is only centred', async () => {
    const model = await create(
      await write(smallModel()),
      { normalise: 'dataset' },
      { ...inputOf([6, 6, 2]), deviation: [0, 50] },
    );
    const state = stateOf(model);
    expect([state['normalise/mean'], state['normalise/variance']]).toEqual([
      [100, 101],
      [1, 2500],
    ]);
    model.dispose();
  });
});

test('a network of any size takes images of any size, with as many channels as it has', async () => {
  const folder = await write(
    tfl.sequential({ layers: [layers.conv2d({ inputShape: [null, null, 2], filters: 5, kernelSize: 3 })] }),
  );
  const x = images(2, [9, 7, 2]);
  expect((await featuresOf(folder, {}, x, inputOf([9, 7, 2]))).shape).toEqual([2, 5]);
  await expect(create(folder, {}, inputOf([9, 7, 3]))).rejects.toMatchObject({ remedy: 'in data, channels: 2' });
  x.dispose();
});

test.each([
  [[8, 8, 2], 'in data, size: 6'],
  [[6, 6, 1], 'in data, channels: 2'],
  [[7, 6, 1], 'in data, size: 6 and channels: 2'],
  [[72], 'take a data set of images, or a model for features'],
])('inputs of %j for a network of 6 × 6 × 2: what to set is said', async (shape, remedy) => {
  await expect(create(await write(smallModel()), {}, inputOf(shape))).rejects.toMatchObject({
    code: 'layers-model-input',
    exit: 2,
    expected: 'images of [6, 6, 2] in batches of any size',
    remedy,
  });
});

test('two inputs, two outputs, and batches of a fixed size are refused', async () => {
  const input = (name: string) => tfl.input({ shape: [6, 6, 2], name });
  const pool = (name: string) => layers.globalAveragePooling2d({ name });
  const [a, b, c] = [input('a'), input('b'), input('c')];
  const twoInputs = tfl.model({
    inputs: [a, b],
    outputs: pool('p').apply(layers.add().apply([a, b])) as tfl.SymbolicTensor,
  });
  const twoOutputs = tfl.model({
    inputs: c,
    outputs: [pool('q').apply(c), pool('r').apply(c)] as tfl.SymbolicTensor[],
  });
  const fixed = tfl.sequential({ layers: [layers.globalAveragePooling2d({ batchInputShape: [8, 6, 6, 2] })] });
  await expect(create(await write(twoInputs))).rejects.toMatchObject({ code: 'layers-model-input' });
  await expect(create(await write(twoOutputs))).rejects.toMatchObject({ code: 'layers-model-unbuildable' });
  await expect(create(await write(fixed))).rejects.toMatchObject({
    code: 'layers-model-input',
    remedy: expect.stringContaining('batches of any size') as string,
  });
});

test('names come from the file: kernels decay, the head is a group, a second instance has the same', async () => {
  const folder = await write(smallModel());
  const [first, second] = [await create(folder, { frozen: false }), await create(folder, { frozen: false })];
  expect(first.parameters.map(({ name, group, decay }) => [name, group, decay])).toEqual([
    ['body/conv/kernel', 'body', true],
    ['body/norm/gamma', 'body', false],
    ['body/norm/beta', 'body', false],
    ['head/kernel', 'head', true],
    ['head/bias', 'head', false],
  ]);
  expect(first.buffers.map(({ name }) => name)).toEqual([
    'normalise/mean',
    'normalise/variance',
    'body/norm/moving_mean',
    'body/norm/moving_variance',
  ]);
  expect(stateOf(second)).toEqual(stateOf(first));
  first.dispose();
  second.dispose();
});

test('the head starts at 0: the first logits are its bias', async () => {
  const model = await create(await write(smallModel()));
  const x = images(2);
  expect(logitsOf(model, x)).toEqual([0, 0, 0, 0, 0, 0]);
  x.dispose();
  model.dispose();
});

/** What another tfjs reads of an export. */
async function exportedLogits(model: Model, folder: string, x: tf.Tensor): Promise<number[]> {
  await model.export(folder);
  const exported = await tfl.loadLayersModel({ load: () => readModelFiles(folder) });
  const logits = read(() => exported.predict(x) as tf.Tensor);
  exported.dispose();
  return logits;
}

const setHead = (model: Model) => {
  const { kernel, bias } = model.head;
  tf.tidy(() => {
    kernel.assign(tf.reshape(tf.sin(tf.range(0, kernel.size)), kernel.shape));
    bias.assign(tf.tensor1d([1, -2, 3]));
  });
};

test.each([true, false])('a map of features, averaged, is exported with its head; frozen %s', async (frozen) => {
  const model = await create(await write(smallModel()), { features: 'relu', frozen });
  const x = images(3);
  setHead(model);
  if (!frozen) descend(model, x, tf.zeros([3, 3]), 0.1);
  close(await exportedLogits(model, join(newFolder(), 'model'), x), logitsOf(model, x));
  x.dispose();
  model.dispose();
});

test('what was exported can be the network of another run, again and again, and layers may be called like ours', async () => {
  const x = images(2);
  let folder = await write(smallModel());
  for (const normalise of ['-1..1', '0..1', 'dataset', '-1..1', 'none', '0..1']) {
    const model = await create(folder, { normalise });
    const before = await create(folder, { normalise: 'none' });
    const [mean, deviation] = { '-1..1': [127.5, 127.5], '0..1': [0, 255], none: [0, 1] }[normalise] ?? [
      tf.tensor1d([100, 101]),
      tf.tensor1d([50, 51]),
    ];
    close(
      read(() => model.features(x, mode(false))),
      read(() => before.features(tf.div(tf.sub(x, mean!), deviation!), mode(false))),
    );
    setHead(model);
    folder = join(newFolder(), 'model');
    close(await exportedLogits(model, folder, x), logitsOf(model, x));
    for (const each of [model, before]) each.dispose();
  }
  x.dispose();
});

test('options: frozen and −1..1 by default, a misspelt one is refused', async () => {
  const { options } = await import('./options.js');
  expect(options.parse({ folder: 'x' })).toEqual({ folder: 'x', frozen: true, normalise: '-1..1' });
  expect(options.safeParse({ folder: 'x', normalize: 'none' }).success).toBe(false);
  expect(options.safeParse({}).success).toBe(false);
});
