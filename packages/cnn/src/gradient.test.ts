import { type Mode, randomStream } from '@counterweight/core';
import { loadEngine } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers'; // registers the gradients
import { beforeAll, describe, expect, test } from 'vitest';

import cnn from './index.js';
import { options } from './options.js';

type Weights = Readonly<Record<string, Float64Array>>;
/** [batch, height, width, channels], row-major. */
interface Maps {
  readonly sizes: readonly [number, number, number, number];
  readonly values: Float64Array;
}

const [batch, height, width, channels, classes] = [4, 9, 7, 2, 3];

/** The plain network in float64, written as loops: what the tensors are compared with. */
function logits(pixels: Float32Array, weights: Weights): Float64Array {
  const standardised = Float64Array.from(pixels, (pixel, i) => (pixel - 100 - (i % channels)) / (50 + (i % channels)));
  let maps: Maps = { sizes: [batch, height, width, channels], values: standardised };
  maps = relu(pool(norm(convolve(maps, weights['conv1/kernel']!, 3, 3), 'conv1', weights)));
  maps = relu(norm(convolve(maps, weights['conv2/kernel']!, 4, 3), 'conv2', weights));
  const hidden = relu(norm(multiply(maps, weights['dense/kernel']!, 5), 'dense', weights));
  const output = multiply(hidden, weights['output/kernel']!, classes);
  return output.values.map((value, i) => value + weights['output/bias']![i % classes]!);
}

function convolve({ sizes: [n, h, w, c], values }: Maps, kernel: Float64Array, out: number, size: number): Maps {
  const result = new Float64Array(n * h * w * out);
  const half = (size - 1) / 2;
  for (let b = 0; b < n; b++)
    for (let y = 0; y < h; y++)
      for (let x = 0; x < w; x++)
        for (let i = 0; i < size; i++)
          for (let j = 0; j < size; j++) {
            const [row, col] = [y + i - half, x + j - half];
            if (row < 0 || row >= h || col < 0 || col >= w) continue;
            for (let p = 0; p < c; p++)
              for (let q = 0; q < out; q++)
                result[((b * h + y) * w + x) * out + q]! +=
                  values[((b * h + row) * w + col) * c + p]! * kernel[((i * size + j) * c + p) * out + q]!;
          }
  return { sizes: [n, h, w, out], values: result };
}

function pool({ sizes: [n, h, w, c], values }: Maps): Maps {
  const [rows, columns] = [Math.ceil(h / 2), Math.ceil(w / 2)];
  const result = new Float64Array(n * rows * columns * c).fill(-Infinity);
  for (let b = 0; b < n; b++)
    for (let y = 0; y < h; y++)
      for (let x = 0; x < w; x++)
        for (let q = 0; q < c; q++) {
          const to = ((b * rows + (y >> 1)) * columns + (x >> 1)) * c + q;
          result[to] = Math.max(result[to]!, values[((b * h + y) * w + x) * c + q]!);
        }
  return { sizes: [n, rows, columns, c], values: result };
}

function norm({ sizes, values }: Maps, name: string, weights: Weights): Maps {
  const c = sizes[3];
  const [scale, offset] = [weights[`${name}/norm/scale`]!, weights[`${name}/norm/offset`]!];
  const count = values.length / c;
  const mean = new Float64Array(c);
  values.forEach((value, i) => (mean[i % c]! += value / count));
  const variance = new Float64Array(c);
  values.forEach((value, i) => (variance[i % c]! += (value - mean[i % c]!) ** 2 / count));
  const normal = (value: number, q: number) =>
    (scale[q]! * (value - mean[q]!)) / Math.sqrt(variance[q]! + 1e-5) + offset[q]!;
  return { sizes, values: values.map((value, i) => normal(value, i % c)) };
}

const relu = ({ sizes, values }: Maps): Maps => ({ sizes, values: values.map((value) => Math.max(value, 0)) });

function multiply({ sizes, values }: Maps, kernel: Float64Array, out: number): Maps {
  const features = values.length / batch;
  const result = new Float64Array(batch * out);
  for (let b = 0; b < sizes[0]; b++)
    for (let f = 0; f < features; f++)
      for (let q = 0; q < out; q++) result[b * out + q]! += values[b * features + f]! * kernel[f * out + q]!;
  return { sizes: [batch, 1, 1, out], values: result };
}

describe.each(['cpu', 'tensorflow'])('on %s', (backend) => {
  beforeAll(async () => {
    if (backend === 'cpu') await tf.setBackend('cpu');
    else await loadEngine();
  });

  test('logits and every gradient of the whole network equal float64 loops and their finite differences', async () => {
    const random = randomStream(5);
    const model = await cnn.create(
      options.parse({ widths: [3, 4], dense: 5, dropout: 0 }),
      { shape: [height, width, channels], dtype: 'uint8', classes, mean: [100, 101], deviation: [50, 51] },
      random,
    );
    for (const { variable, decay } of model.parameters)
      if (!decay)
        variable.assign(tf.add(variable, tf.tensor(Array.from({ length: variable.size }, () => random.normal() / 2))));
    const weights = Object.fromEntries(
      model.parameters.map(({ name, variable }) => [name, Float64Array.from(variable.dataSync())]),
    );
    const pixels = Float32Array.from({ length: batch * height * width * channels }, () => random.integer(256));
    const slopes = Float64Array.from({ length: batch * classes }, () => random.normal());
    const mode: Mode = { training: true, frozen: new Set(), random };
    const forward = () => model.classify(model.features(tf.tensor(pixels, [batch, height, width, channels]), mode));

    const expected = logits(pixels, weights);
    tf.tidy(forward)
      .dataSync()
      .forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i]!, 5);
      });

    const { grads } = tf.variableGrads(
      () => tf.sum(tf.mul(forward(), tf.tensor(Float32Array.from(slopes), [batch, classes]))),
      model.parameters.map(({ variable }) => variable),
    );
    const loss = () => logits(pixels, weights).reduce((sum, value, i) => sum + value * slopes[i]!, 0);
    const h = 1e-6;
    for (const { name, variable } of model.parameters) {
      const gradient = grads[variable.name]!.dataSync();
      const values = weights[name]!;
      const largest = Math.max(...Array.from(gradient, Math.abs));
      for (let i = 0; i < values.length; i += Math.ceil(values.length / 25)) {
        const value = values[i]!;
        values[i] = value + h;
        const above = loss();
        values[i] = value - h;
        const below = loss();
        values[i] = value;
        expect(Math.abs(gradient[i]! - (above - below) / (2 * h)), `${name}[${i}]`).toBeLessThan(1e-4 * largest + 1e-5);
      }
    }
    model.dispose();
  });
});
