import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { accelerate } from './accelerate.js';
import { loadEngine, nativeTensorCount } from './engine.js';
import { distance } from './fixtures/distance.js';
import { drawing, normal, sharedIcons } from './fixtures/drawings.js';

beforeAll(async () => {
  await loadEngine();
});
beforeEach(accelerate);

/** A small layer on drawings: 3×3 convolution, bias, relu, 2×2 max-pooling, then a weighted sum. */
interface Layer {
  readonly size: number;
  readonly count: number;
  readonly channels: number;
  readonly images: Float32Array;
  readonly weights: Float32Array;
}

const layerOn = (images: Float32Array, size: number, channels: number): Layer => ({
  size,
  channels,
  images,
  count: images.length / size ** 2,
  weights: normal((images.length / 4) * channels, 21),
});

/** The layer's value in float64, parameters being 3·3·channels filter values and `channels` biases. */
function value({ size, count, channels, images, weights }: Layer, parameters: Float64Array): number {
  const pixel = (n: number, row: number, column: number) =>
    row < 0 || column < 0 || row >= size || column >= size ? 0 : images[(n * size + row) * size + column]!;
  const cell = (n: number, row: number, column: number, channel: number) => {
    let sum = parameters[9 * channels + channel]!;
    for (let i = 0; i < 9; i++)
      sum += pixel(n, row + Math.floor(i / 3) - 1, column + (i % 3) - 1) * parameters[i * channels + channel]!;
    return Math.max(0, sum);
  };
  let total = 0;
  for (let n = 0, at = 0; n < count; n++)
    for (let row = 0; row < size; row += 2)
      for (let column = 0; column < size; column += 2)
        for (let channel = 0; channel < channels; channel++)
          total +=
            weights[at++]! *
            Math.max(
              cell(n, row, column, channel),
              cell(n, row, column + 1, channel),
              cell(n, row + 1, column, channel),
              cell(n, row + 1, column + 1, channel),
            );
  return total;
}

/** Derivatives by the engine: [filter, bias]. */
function derivatives({ size, count, channels, images, weights }: Layer, parameters: Float64Array): number[] {
  return tf.tidy(() => {
    const x = tf.tensor4d(images, [count, size, size, 1]);
    const w = tf.tensor4d(weights, [count, size / 2, size / 2, channels]);
    const split = 9 * channels;
    const filter = tf.tensor4d(Float32Array.from(parameters.subarray(0, split)), [3, 3, 1, channels]);
    const bias = tf.tensor1d(Float32Array.from(parameters.subarray(split)));
    const gradients = tf.grads((f: tf.Tensor, b: tf.Tensor) => {
      const convolved = tf.add(tf.conv2d(x, f as tf.Tensor4D, 1, 'same'), b);
      return tf.sum(tf.mul(w, tf.maxPool(tf.relu(convolved) as tf.Tensor4D, 2, 2, 'valid')));
    })([filter, bias]);
    return gradients.flatMap((gradient) => [...gradient.dataSync()]);
  });
}

/** Central differences in float64: flat areas move together, so this is differentiable however many cells tie. */
function differences(layer: Layer, parameters: Float64Array): number[] {
  const step = 1e-6;
  return Array.from(parameters, (_, i) => {
    const moved = (by: number) =>
      value(
        layer,
        parameters.map((parameter, k) => (k === i ? parameter + by : parameter)),
      );
    return (moved(step) - moved(-step)) / (2 * step);
  });
}

const parametersOf = (channels: number) => Float64Array.from(normal(10 * channels, 31));

describe('through convolution, bias, relu and pooling', () => {
  test('derivatives on drawings are finite differences in float64', () => {
    const images = Float32Array.from([1, 2, 3].flatMap((seed) => [...drawing(12, seed)]));
    const layer = layerOn(images, 12, 4);
    expect(distance(derivatives(layer, parametersOf(4)), differences(layer, parametersOf(4)))).toBeLessThan(1e-5);
  });

  const icons = sharedIcons(4);
  test.skipIf(typeof icons === 'string')(
    typeof icons === 'string'
      ? `derivatives on icons: skipped, ${icons}`
      : 'derivatives on icons are finite differences',
    () => {
      if (typeof icons === 'string') return;
      const layer = layerOn(icons.pixels, icons.size, 2);
      expect(distance(derivatives(layer, parametersOf(2)), differences(layer, parametersOf(2)))).toBeLessThan(1e-5);
    },
  );
});

test('gradients leave no tensor behind', () => {
  const layer = layerOn(drawing(12, 5), 12, 3);
  derivatives(layer, parametersOf(3));
  const before = [tf.memory().numTensors, nativeTensorCount()];
  derivatives(layer, parametersOf(3));
  expect([tf.memory().numTensors, nativeTensorCount()]).toEqual(before);
});

describe('accelerate', () => {
  const registered = () => ['Relu', 'MaxPool', 'Add'].map((name) => tf.getGradient(name));

  test('does nothing a second time', () => {
    const before = registered();
    accelerate();
    registered().forEach((gradient, i) => expect(gradient).toBe(before[i]));
  });

  test('takes over again when somebody has registered another gradient since', () => {
    const [before] = registered();
    tf.unregisterGradient('Relu');
    tf.registerGradient({ ...before!, kernelName: 'Relu' });
    const stranger = tf.getGradient('Relu');
    accelerate();
    expect(tf.getGradient('Relu')).not.toBe(stranger);
  });
});
