import { loadEngine } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers'; // registers the gradients
import { beforeAll, describe, expect, test } from 'vitest';

import { createCnn, examples, modeOf } from './fixtures/networks.js';

const small = { widths: [3, 4], dense: 5 };
const create = (shape: readonly number[], given: object = small, seed = 1) => createCnn(shape, given, seed);
const mode = (training: boolean, seed = 1) => modeOf(training, [], seed);
const read = (compute: () => tf.Tensor) => tf.tidy(() => Array.from(compute().dataSync()));

describe('on the fallback backend', () => {
  beforeAll(() => tf.setBackend('cpu'));

  test.each([8, 9, 13, 31, 32, 33, 48, 64, 65].flatMap((size) => [1, 3].map((channels) => [size, channels] as const)))(
    'an image of %i pixels and %i channels gives logits, also when it is not square',
    (size, channels) => {
      for (const shape of [
        [size, size, channels],
        [size, 8, channels],
      ]) {
        const model = create(shape);
        const logits = tf.tidy(() => model.classify(model.features(examples(2, shape), mode(false))));
        expect(logits.shape).toEqual([2, 3]);
        expect(Array.from(logits.dataSync()).every(Number.isFinite)).toBe(true);
        logits.dispose();
        model.dispose();
      }
    },
  );

  test('by default the recipe: 5×5 stride 2 above 32 pixels, 3×3 stride 1 below, an 8×8 map into 512 features', () => {
    const kernels = (side: number) => {
      const model = create([side, side, 1], {});
      const shapes = model.parameters.filter(({ decay }) => decay).map(({ variable }) => variable.shape);
      model.dispose();
      return shapes;
    };
    const rest = [
      [3, 3, 32, 64],
      [3, 3, 64, 64],
      [4096, 512],
      [512, 3],
    ];
    expect(kernels(64)).toEqual([[5, 5, 1, 32], ...rest]);
    expect(kernels(32)).toEqual([[3, 3, 1, 32], ...rest]);
    // Twice the stride plus one: the stride is 2 just above 32 pixels already, 3 from 80 on.
    expect([33, 47, 79, 80, 128].map((size) => kernels(size)[0]![0])).toEqual([5, 5, 5, 7, 9]);
  });

  test('kernels decay; biases and norms do not; only the output is the head', () => {
    const model = create([8, 8, 1]);
    expect(model.parameters.map(({ name, group, decay }) => [name, group, decay])).toEqual([
      ['conv1/kernel', 'body', true],
      ['conv1/norm/scale', 'body', false],
      ['conv1/norm/offset', 'body', false],
      ['conv2/kernel', 'body', true],
      ['conv2/norm/scale', 'body', false],
      ['conv2/norm/offset', 'body', false],
      ['dense/kernel', 'body', true],
      ['dense/norm/scale', 'body', false],
      ['dense/norm/offset', 'body', false],
      ['output/kernel', 'head', true],
      ['output/bias', 'head', false],
    ]);
    expect(model.buffers.map(({ name }) => name)).toEqual([
      'standardise/mean',
      'standardise/deviation',
      ...['conv1', 'conv2', 'dense'].flatMap((layer) => [`${layer}/norm/mean`, `${layer}/norm/variance`]),
    ]);
    model.dispose();
  });

  test('equal seeds give equal weights, other seeds others', () => {
    const weights = (seed: number) => {
      const model = create([8, 8, 1], small, seed);
      const values = model.parameters.map(({ variable }) => Array.from(variable.dataSync()));
      model.dispose();
      return values;
    };
    expect(weights(1)).toEqual(weights(1));
    expect(weights(2)).not.toEqual(weights(1));
  });

  test('kernels start with deviation √(2 / inputs), the output with 0.01 and no bias', () => {
    const model = create([16, 16, 1], { widths: [16, 32], dense: 64 });
    const deviation = (name: string) => {
      const values = Array.from(model.parameters.find((parameter) => parameter.name === name)!.variable.dataSync());
      return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
    };
    expect(deviation('conv2/kernel') / Math.sqrt(2 / (9 * 16))).toBeCloseTo(1, 1);
    expect(deviation('dense/kernel') / Math.sqrt(2 / (8 * 8 * 32))).toBeCloseTo(1, 1);
    expect(deviation('output/kernel') / 0.01).toBeCloseTo(1, 0);
    expect(deviation('output/bias')).toBe(0);
    model.dispose();
  });

  test('vectors are refused, the model for them named', () => {
    expect(() => create([12])).toThrow(/input-not-image[\s\S]*\[12\][\s\S]*cnn#mlp/);
  });
});

describe.each(['cpu', 'tensorflow'])('on %s', (backend) => {
  beforeAll(async () => {
    if (backend === 'cpu') await tf.setBackend('cpu');
    else await loadEngine();
  });
  const shape = [12, 9, 3];
  const step = (model: ReturnType<typeof create>, batch: number, seed = 1) => {
    const { value, grads } = tf.variableGrads(
      () => tf.mean(tf.square(model.classify(model.features(examples(batch, shape), mode(true, seed))))),
      model.parameters.map(({ variable }) => variable),
    );
    const result = Object.values(grads).map((gradient) => Array.from(gradient.dataSync()));
    tf.dispose([value, grads]);
    return result;
  };

  test('training normalises by the batch, inference by the averages, which only training moves', () => {
    const model = create(shape, { ...small, dropout: 0 });
    const buffers = () => model.buffers.map(({ variable }) => Array.from(variable.dataSync()));
    const features = (training: boolean) => read(() => model.features(examples(4, shape), mode(training)));
    const before = buffers();
    const inferred = features(false);
    expect(buffers()).toEqual(before);
    const trained = features(true);
    expect(trained).not.toEqual(inferred);
    const after = buffers();
    expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
    for (let i = 2; i < after.length; i++) expect(after[i]).not.toEqual(before[i]);
    for (let i = 0; i < 150; i++) features(true);
    features(false).forEach((value, i) => {
      expect(value).toBeCloseTo(trained[i]!, 0); // the averages have arrived: n / (n − 1) is left
    });
    model.dispose();
  });

  test('dropout follows the step’s stream: the same again with an equal one, other features with another', () => {
    const model = create(shape, { ...small, dense: 64, dropout: 0.5 });
    const features = (seed: number) => read(() => model.features(examples(4, shape), mode(true, seed)));
    expect(features(1)).toEqual(features(1));
    expect(features(1)).not.toEqual(features(2));
    model.dispose();
  });

  test('a batch of one trains without NaN and leaves the averages of single values alone', () => {
    const model = create(shape);
    expect(step(model, 1).flat().every(Number.isFinite)).toBe(true);
    const average = model.buffers.find(({ name }) => name === 'dense/norm/variance')!.variable;
    expect(Array.from(average.dataSync())).toEqual([1, 1, 1, 1, 1]);
    model.dispose();
  });
});
