import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { accelerate, loadEngine } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import * as tfl from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import {
  create,
  descend,
  images,
  logitsOf,
  mode,
  newFolder,
  read,
  smallModel,
  stateOf,
  write,
} from './fixtures/models.js';

const installed = await loadEngine().catch(() => undefined);
if (!installed) console.log('skipped: fine-tuning on the native engine, which is not installed');

const targets = () => tf.tensor2d([1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3]);
const { layers } = tfl;

/** Values and averages after two steps of a model on the backend in use. */
async function trained(folder: string): Promise<Record<string, number[]>> {
  const model = await create(folder, { frozen: false });
  const [x, y] = [images(3), targets()];
  for (let i = 0; i < 3; i++) descend(model, x, y, 0.5);
  const state = stateOf(model);
  tf.dispose([x, y]);
  model.dispose();
  return state;
}

const norms: Record<string, object> = {
  'scale and offset': {},
  'no scale': { scale: false },
  'no offset': { center: false },
  'marked untrainable': { trainable: false },
};

describe.each(['cpu', 'tensorflow'].filter((backend) => backend === 'cpu' || installed))('on %s', (backend) => {
  beforeAll(() => tf.setBackend(backend));

  test.each(Object.entries(norms))(
    'a batch norm with %s trains by the batch as written out by hand, and its averages move towards the unbiased variance',
    async (_, settings) => {
      const folder = await write(smallModel([], settings));
      const model = await create(folder, { frozen: false, normalise: 'none' });
      const [x, y] = [tf.div(images(3), 100), targets()];
      const of = (name: string) =>
        [...model.parameters, ...model.buffers].find((entry) => entry.name === name)?.variable;
      const untrained = 'trainable' in settings;
      const start = stateOf(model);

      // A head that is not 0, so that a gradient reaches the body.
      tf.tidy(() => {
        model.head.kernel.assign(tf.tensor2d([0.5, -1, 2, 1, 0.3, -0.7, -2, 1.1, 0.4], [3, 3]));
      });
      const byHand = () => {
        const h = tf.conv2d(x as tf.Tensor4D, of('body/conv/kernel') as unknown as tf.Tensor4D, 1, 'valid');
        const { mean, variance } = untrained
          ? { mean: tf.zeros([3]), variance: tf.ones([3]) }
          : tf.moments(h, [0, 1, 2]);
        const unit = tf.div(tf.sub(h, mean), tf.sqrt(tf.add(variance, 1e-3)));
        const scaled = tf.add(tf.mul(unit, of('body/norm/gamma') ?? 1), of('body/norm/beta') ?? 0);
        const logits = tf.matMul(tf.mean(tf.relu(scaled), [1, 2]), model.head.kernel);
        return { logits: tf.add(logits, model.head.bias), mean, variance };
      };
      const loss = (logits: tf.Tensor) => tf.mean<tf.Scalar>(tf.square(tf.sub(logits, y)));
      const variables = model.parameters.map(({ variable }) => variable);
      const gradients = (compute: () => tf.Tensor) =>
        tf.tidy(() => {
          const { grads } = tf.variableGrads(() => loss(compute()), variables);
          return variables.map(({ name }) => Array.from(grads[name]!.dataSync()));
        });

      const statistics = tf.tidy(() => {
        const { mean, variance } = byHand();
        return { mean: Array.from(mean.dataSync()), variance: Array.from(variance.dataSync()) };
      });
      const expected = gradients(() => byHand().logits);
      gradients(() => model.classify(model.features(x, mode(true)))).forEach((values, i) => {
        values.forEach((value, j) => expect(value).toBeCloseTo(expected[i]![j]!, 4));
      });
      expect(expected.flat().some((value) => Math.abs(value) > 0.01)).toBe(true);

      const now = stateOf(model);
      const bessel = 48 / 47; // 3 images of 4 × 4 places
      for (let c = 0; c < 3; c++) {
        const [mean, variance] = [start['body/norm/moving_mean']![c]!, start['body/norm/moving_variance']![c]!];
        expect(now['body/norm/moving_mean']![c]).toBeCloseTo(
          untrained ? mean : 0.9 * mean + 0.1 * statistics.mean[c]!,
          5,
        );
        expect(now['body/norm/moving_variance']![c]).toBeCloseTo(
          untrained ? variance : 0.9 * variance + 0.1 * bessel * statistics.variance[c]!,
          5,
        );
      }
      tf.dispose([x, y]);
      model.dispose();
    },
  );

  test('one value a channel is normalised by the averages, which stay', async () => {
    const pooled = [layers.globalAveragePooling2d({ name: 'first' }), layers.batchNormalization({ name: 'flat' })];
    const model = await create(
      await write(smallModel([...pooled, layers.reshape({ name: 'map', targetShape: [1, 1, 3] })])),
      {
        frozen: false,
      },
    );
    const x = images(1);
    const before = stateOf(model);
    const features = read(() => model.features(x, mode(true)));
    const after = stateOf(model);
    expect(features.every(Number.isFinite)).toBe(true);
    for (const part of ['mean', 'variance'])
      expect(after[`body/flat/moving_${part}`]).toEqual(before[`body/flat/moving_${part}`]);
    expect(after['body/norm/moving_mean']).not.toEqual(before['body/norm/moving_mean']);
    x.dispose();
    model.dispose();
  });

  test('no tensor is left behind, by training, inference or dispose', async () => {
    const folder = await write(smallModel([layers.dropout({ name: 'drop', rate: 0.5 })]));
    const before = tf.memory().numTensors;
    const model = await create(folder, { frozen: false });
    const [x, y] = [images(3), targets()];
    const held = tf.memory().numTensors;
    for (let i = 0; i < 3; i++) descend(model, x, y, 0.1, i);
    logitsOf(model, x);
    expect(tf.memory().numTensors).toBe(held);
    tf.dispose([x, y]);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('dropout takes its mask from the step’s stream: equal seeds, equal bits; other seeds, other ones', async () => {
    const model = await create(await write(smallModel([layers.dropout({ name: 'drop', rate: 0.5 })])), {
      frozen: false,
    });
    const x = images(3);
    const features = (training: boolean, seed: number) => read(() => model.features(x, mode(training, seed)));
    expect(features(true, 1)).toEqual(features(true, 1));
    expect(features(true, 1)).not.toEqual(features(true, 2));
    expect(features(false, 1)).toEqual(features(false, 2));
    x.dispose();
    model.dispose();
  });

  test('two dropouts of a step have masks of their own, and no seed is left in what is exported', async () => {
    const drops = ['one', 'two'].map((name) => layers.dropout({ name, rate: 0.5 }));
    const flat = [layers.flatten({ name: 'flat' }), layers.reshape({ name: 'map', targetShape: [4, 4, 3] })];
    const model = await create(await write(smallModel([...drops, ...flat])), {
      frozen: false,
      features: 'flat',
    });
    const x = images(8);
    const [whole, dropped] = [false, true].map((training) => read(() => model.features(x, mode(training))));
    const positive = whole!.flatMap((value, i) => (value > 0.01 ? [dropped![i]!] : []));
    const kept = positive.filter((value) => value > 0).length / positive.length;
    expect(positive.length).toBeGreaterThan(50);
    expect(kept).toBeLessThan(0.4); // a quarter; half if the masks were one
    const to = join(newFolder(), 'model');
    await model.export(to);
    expect(readFileSync(join(to, 'model.json'), 'utf8')).not.toMatch(/"name":"(one|two)"[^}]*"seed":\d/);
    x.dispose();
    model.dispose();
  });

  test('a frozen group stays in inference: no dropout, averages that stay', async () => {
    const model = await create(await write(smallModel([layers.dropout({ name: 'drop', rate: 0.5 })])), {
      frozen: false,
    });
    const x = images(3);
    const start = stateOf(model);
    const frozen = read(() => model.features(x, { ...mode(true), frozen: new Set(['body']) }));
    expect(frozen).toEqual(read(() => model.features(x, mode(false))));
    expect(stateOf(model)).toEqual(start);
    x.dispose();
    model.dispose();
  });
});

describe.skipIf(!installed)('on the engine', () => {
  beforeAll(() => tf.setBackend('tensorflow'));
  afterAll(() => tf.setBackend('cpu'));

  test('fast gradients stay registered when a model is made', async () => {
    accelerate();
    const fast = tf.getGradient('Relu');
    (await create(await write(smallModel()))).dispose();
    expect(tf.getGradient('Relu')).toBe(fast);
  });

  test('training gives the state that ordinary operations give', async () => {
    const folder = await write(smallModel());
    const engine = await trained(folder);
    await tf.setBackend('cpu');
    const composite = await trained(folder);
    await tf.setBackend('tensorflow');
    for (const [name, values] of Object.entries(engine))
      values.forEach((value, i) => expect(value).toBeCloseTo(composite[name]![i]!, 4));
  });
});

test.each([
  ['GaussianNoise', () => layers.gaussianNoise({ name: 'odd', stddev: 1 }), 'without a seed'],
  ['a batch norm over rows', () => layers.batchNormalization({ name: 'odd', axis: 1 }), 'axis 1'],
])('%s is refused for fine-tuning, not when frozen', async (_, make, words) => {
  const folder = await write(smallModel([make()]));
  await expect(create(folder, { frozen: false })).rejects.toMatchObject({
    code: 'layers-model-layer-untrainable',
    found: expect.stringContaining(words) as string,
  });
  (await create(folder)).dispose();
});
