import { type Mode, randomStream } from '@counterweight/core';
import { loadEngine } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers'; // registers the gradients
import { beforeAll, describe, expect, test } from 'vitest';

import { add, convolve, globalMean, type Maps, multiply, norm, pool, relu, type Weights } from './fixtures/loops.js';
import { cnnOptions } from './options.js';
import { cnn } from './plugins.js';

const [batch, height, width, channels, classes] = [4, 9, 7, 2, 3];

const plain = (x: Maps, weights: Weights): Maps => {
  const conv = (given: Maps, name: string, out: number) =>
    norm(convolve(given, weights[`${name}/kernel`]!, out, 3), name, weights);
  const maps = relu(conv(relu(pool(conv(x, 'conv1', 3))), 'conv2', 4));
  return relu(norm(multiply(maps, weights['dense/kernel']!, 5), 'dense', weights));
};

/** Ten layers, two channels in the first stage. */
const residual = (x: Maps, weights: Weights): Maps => {
  const conv = (given: Maps, name: string, out: number, side: number, stride = 1) =>
    norm(convolve(given, weights[`${name}/kernel`]!, out, side, stride), name, weights);
  const stages = [1, 2, 3, 4].reduce(
    (given, stage) => {
      const [name, out, stride] = [`stage${stage}/block1`, 2 ** stage, stage === 1 ? 1 : 2];
      const main = conv(relu(conv(given, `${name}/conv1`, out, 3, stride)), `${name}/conv2`, out, 3);
      return relu(add(main, stage === 1 ? given : conv(given, `${name}/shortcut`, out, 1, stride)));
    },
    relu(conv(x, 'stem', 2, 3)),
  );
  return globalMean(stages);
};

const networks = [
  { name: 'plain', given: { widths: [3, 4], dense: 5, dropout: 0 }, features: plain },
  { name: 'residual', given: { architecture: 'residual', depth: 10, width: 2, dropout: 0 }, features: residual },
];

/** The network in float64 from pixels to logits. */
function logits(features: typeof plain, pixels: Float32Array, weights: Weights): Float64Array {
  const values = Float64Array.from(pixels, (pixel, i) => (pixel - 100 - (i % channels)) / (50 + (i % channels)));
  const hidden = features({ sizes: [batch, height, width, channels], values }, weights);
  const output = multiply(hidden, weights['output/kernel']!, classes);
  return output.values.map((value, i) => value + weights['output/bias']![i % classes]!);
}

describe.each(['cpu', 'tensorflow'])('on %s', (backend) => {
  beforeAll(async () => {
    if (backend === 'cpu') await tf.setBackend('cpu');
    else await loadEngine();
  });

  test.each(networks)(
    '$name: logits and every gradient equal float64 loops and their finite differences',
    async ({ given, features }) => {
      const random = randomStream(5);
      const model = await cnn.create(
        cnnOptions.parse(given),
        { shape: [height, width, channels], dtype: 'uint8', classes, mean: [100, 101], deviation: [50, 51] },
        random,
      );
      for (const { variable, decay } of model.parameters)
        if (!decay)
          variable.assign(
            tf.add(variable, tf.tensor(Array.from({ length: variable.size }, () => random.normal() / 2))),
          );
      const weights = Object.fromEntries(
        model.parameters.map(({ name, variable }) => [name, Float64Array.from(variable.dataSync())]),
      );
      const pixels = Float32Array.from({ length: batch * height * width * channels }, () => random.integer(256));
      const slopes = Float64Array.from({ length: batch * classes }, () => random.normal());
      const mode: Mode = { training: true, frozen: new Set(), random };
      const forward = () => model.classify(model.features(tf.tensor(pixels, [batch, height, width, channels]), mode));

      const expected = logits(features, pixels, weights);
      tf.tidy(forward)
        .dataSync()
        .forEach((value, i) => {
          expect(value).toBeCloseTo(expected[i]!, 5);
        });

      const { grads } = tf.variableGrads(
        () => tf.sum(tf.mul(forward(), tf.tensor(Float32Array.from(slopes), [batch, classes]))),
        model.parameters.map(({ variable }) => variable),
      );
      const loss = () => logits(features, pixels, weights).reduce((sum, value, i) => sum + value * slopes[i]!, 0);
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
          expect(Math.abs(gradient[i]! - (above - below) / (2 * h)), `${name}[${i}]`).toBeLessThan(
            1e-4 * largest + 1e-5,
          );
        }
      }
      model.dispose();
    },
  );
});
