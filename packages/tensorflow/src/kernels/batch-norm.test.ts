import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';

import { loadEngine, nativeTensorCount } from '../engine.js';
import { largest } from '../fixtures/distance.js';
import { normal } from '../fixtures/drawings.js';

const EPSILON = 1e-3;

beforeAll(async () => {
  await loadEngine();
});

interface Case {
  shape: [number, number, number, number];
  momentum: number;
  training: boolean;
}

/** Inputs of one case; `x` is shifted and scaled so that statistics differ from 0 and 1. */
function inputsOf({ shape }: Case) {
  const channels = shape[3];
  return {
    x: normal(
      shape.reduce((a, b) => a * b),
      3,
    ).map((value) => 2 * value + 0.7),
    scale: normal(channels, 5).map((value) => 1 + 0.3 * value),
    offset: normal(channels, 7),
    movingMean: normal(channels, 9),
    movingVariance: normal(channels, 11).map((value) => 1 + 0.2 * value),
    dy: normal(
      shape.reduce((a, b) => a * b),
      13,
    ),
  };
}

/** Ioffe and Szegedy 2015, algorithm 1 and the derivatives of section 3, in float64. */
function reference({ shape, momentum, training }: Case, inputs: ReturnType<typeof inputsOf>) {
  const channels = shape[3];
  const rows = inputs.x.length / channels;
  const [y, dx] = [new Float64Array(inputs.x.length), new Float64Array(inputs.x.length)];
  const perChannel = Array.from({ length: channels }, (_, channel) => {
    const column = (values: Float32Array) =>
      Array.from({ length: rows }, (_, row) => values[row * channels + channel]!);
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    const [x, dy] = [column(inputs.x), column(inputs.dy)];
    const batchMean = mean(x);
    const batchVariance = mean(x.map((value) => (value - batchMean) ** 2));
    const [old, oldVariance] = [inputs.movingMean[channel]!, inputs.movingVariance[channel]!];
    const deviation = Math.sqrt((training ? batchVariance : oldVariance) + EPSILON);
    const normalised = x.map((value) => (value - (training ? batchMean : old)) / deviation);
    const scale = inputs.scale[channel]!;
    const dscale = dy.reduce((sum, value, row) => sum + value * normalised[row]!, 0);
    const doffset = dy.reduce((a, b) => a + b, 0);
    normalised.forEach((value, row) => {
      y[row * channels + channel] = value * scale + inputs.offset[channel]!;
      const through = training ? (doffset + value * dscale) / rows : 0;
      dx[row * channels + channel] = (scale / deviation) * (dy[row]! - through);
    });
    const unbiased = (batchVariance * rows) / Math.max(1, rows - 1);
    const moved = (from: number, to: number) => (training ? from * (1 - momentum) + to * momentum : from);
    return { dscale, doffset, movingMean: moved(old, batchMean), movingVariance: moved(oldVariance, unbiased) };
  });
  const each = (name: keyof (typeof perChannel)[number]) => perChannel.map((values) => values[name]);
  return {
    y,
    dx,
    dscale: each('dscale'),
    doffset: each('doffset'),
    movingMean: each('movingMean'),
    movingVariance: each('movingVariance'),
  };
}

const runKernel = (name: string, inputs: tf.NamedTensorMap, attributes: tf.NamedAttrMap) =>
  tf.engine().runKernel<tf.Tensor[]>(name, inputs, attributes);

function run({ shape, momentum, training }: Case, inputs: ReturnType<typeof inputsOf>) {
  return tf.tidy(() => {
    const [x, dy] = [tf.tensor4d(inputs.x, shape), tf.tensor4d(inputs.dy, shape)];
    const [scale, offset] = [tf.tensor1d(inputs.scale), tf.tensor1d(inputs.offset)];
    const [movingMean, movingVariance] = [tf.tensor1d(inputs.movingMean), tf.tensor1d(inputs.movingVariance)];
    const forward = { x, scale, offset, movingMean, movingVariance };
    const [y, mean, variance, reserve1, reserve2, reserve3] = runKernel('CwBatchNorm', forward, {
      epsilon: EPSILON,
      momentum,
      training,
    });
    const backward = { dy, x, scale, reserve1: reserve1!, reserve2: reserve2!, reserve3: reserve3! };
    const [dx, dscale, doffset] = runKernel('CwBatchNormGrad', backward, { epsilon: EPSILON, training });
    const outputs = { y, dx, dscale, doffset, movingMean: mean, movingVariance: variance };
    return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, tensor!.dataSync()]));
  });
}

describe.each<Case>([
  { shape: [4, 6, 5, 3], momentum: 0.1, training: true },
  { shape: [4, 6, 5, 3], momentum: 1, training: true },
  { shape: [8, 1, 1, 16], momentum: 0.3, training: true },
  { shape: [4, 6, 5, 3], momentum: 0.1, training: false },
])('$shape, momentum $momentum, training $training', (options) => {
  test('outputs and derivatives are those of the paper in float64', () => {
    const inputs = inputsOf(options);
    const expected = reference(options, inputs);
    const found = run(options, inputs);
    for (const [name, values] of Object.entries(expected)) {
      expect(found[name], name).toHaveLength(values.length);
      const error = largest(Array.from(found[name]!, (value, i) => value - values[i]!));
      expect(error, name).toBeLessThan(2e-6 * (1 + 10 * largest(values)));
    }
  });

  test('leaves no tensor behind', () => {
    const inputs = inputsOf(options);
    run(options, inputs);
    const before = [tf.memory().numTensors, nativeTensorCount()];
    run(options, inputs);
    expect([tf.memory().numTensors, nativeTensorCount()]).toEqual(before);
  });
});

test('a single row has variance 0 and gives no NaN', () => {
  const single: Case = { shape: [1, 1, 1, 4], momentum: 0.5, training: true };
  for (const values of Object.values(run(single, inputsOf(single))))
    for (const value of values) expect(value).not.toBeNaN();
});
