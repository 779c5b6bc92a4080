import { loadEngine } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, test } from 'vitest';

import { randomStream, type Optimizer, type Parameter } from '@counterweight/core';

import { fusedKernel } from './fused-kernel.js';
import { createOptimizer, optimizerOptions, type OptimizerOptions } from './optimizers.js';

const SIZE = 12;
const STEPS = 6;
const rate = (step: number): number => 0.1 / step;
const gradientAt = (name: string, step: number): Float32Array => {
  const random = randomStream(4).fork(name).fork(step);
  return Float32Array.from({ length: SIZE }, () => random.normal());
};
const start = (name: string): Float32Array => gradientAt(name, 0);

const settings: Record<string, OptimizerOptions> = {
  adamw: optimizerOptions.parse({ weightDecay: 0.3, epsilon: 0.01 }),
  adam: optimizerOptions.parse({ name: 'adam', beta1: 0.8, beta2: 0.99 }),
  'sgd with momentum': optimizerOptions.parse({ name: 'sgd' }),
  'sgd with nesterov': optimizerOptions.parse({ name: 'sgd', momentum: 0.7, nesterov: true }),
  'sgd without momentum': optimizerOptions.parse({ name: 'sgd', momentum: 0 }),
};

/** One parameter in float64, from the papers' formulas; Adam with its moments corrected for bias one by one. */
function reference(options: OptimizerOptions, name: string, decays: boolean): number[] {
  const w = Float64Array.from(start(name));
  const [first, second] = [new Float64Array(SIZE), new Float64Array(SIZE)];
  for (let t = 1; t <= STEPS; t++)
    gradientAt(name, t).forEach((g, i) => {
      if (options.name === 'sgd') {
        first[i] = options.momentum * first[i]! + g;
        w[i]! -= rate(t) * (options.nesterov ? g + options.momentum * first[i] : first[i]);
        return;
      }
      const { beta1, beta2, epsilon } = options;
      first[i] = beta1 * first[i]! + (1 - beta1) * g;
      second[i] = beta2 * second[i]! + (1 - beta2) * g * g;
      const [m, v] = [first[i] / (1 - beta1 ** t), second[i] / (1 - beta2 ** t)];
      if (options.name === 'adamw' && decays) w[i]! *= 1 - rate(t) * options.weightDecay;
      w[i]! -= (rate(t) * m) / (Math.sqrt(v) + epsilon / Math.sqrt(1 - beta2 ** t));
    });
  return [...w];
}

const parameters = (): Parameter[] =>
  [true, false].map((decay): Parameter => {
    const name = decay ? 'kernel' : 'bias';
    return { name, decay, group: 'body', variable: tf.variable(tf.tensor(start(name), [3, 4])) };
  });

function run(optimizer: Optimizer, over: readonly Parameter[], from: number, to: number): void {
  for (let step = from; step <= to; step++)
    tf.tidy(() => {
      const gradients = new Map(over.map(({ name }) => [name, tf.tensor(gradientAt(name, step), [3, 4])]));
      optimizer.step(over, gradients, { step, learningRate: rate(step) });
    });
}
const weights = (of: readonly Parameter[]): number[][] => of.map(({ variable }) => [...variable.dataSync()]);

describe.each(['tensorflow', 'cpu'])('on %s', (backend) => {
  beforeAll(async () => {
    if (backend === 'cpu') await tf.setBackend('cpu');
    else await loadEngine();
  });

  test('the fused kernels are those of the engine', () => {
    for (const name of ['CwAdam', 'CwAverage', 'CwDecay', 'CwMomentum'] as const)
      expect(fusedKernel(name) !== undefined).toBe(backend === 'tensorflow');
  });

  describe.each(Object.entries(settings))('%s', (_, options) => {
    test('is the formula in float64; decay spares what does not decay', () => {
      const own = parameters();
      const optimizer = createOptimizer(options);
      run(optimizer, own, 1, STEPS);
      weights(own).forEach((got, p) => {
        const want = reference(options, own[p]!.name, own[p]!.decay);
        got.forEach((x, i) =>
          expect(Math.abs(x - want[i]!), `${x} for ${want[i]}`).toBeLessThan(3e-6 * Math.max(1, Math.abs(x))),
        );
      });
      optimizer.dispose?.();
      tf.dispose(own.map(({ variable }) => variable));
    });

    test('saved, loaded into another and continued: the same bits as without a stop', () => {
      const [whole, parts] = [parameters(), parameters()];
      const [uninterrupted, before, after] = [
        createOptimizer(options),
        createOptimizer(options),
        createOptimizer(options),
      ];
      run(uninterrupted, whole, 1, STEPS);
      run(before, parts, 1, 3);
      const state = before.save();
      run(before, parameters(), 4, 5); // what is saved does not move with the optimiser
      after.load(state);
      expect(after.save()).toEqual(state);
      run(after, parts, 4, STEPS);
      expect(weights(parts)).toEqual(weights(whole));
      expect(after.save()).toEqual(uninterrupted.save());
    });

    test('keeps its own tensors only, and frees them', () => {
      const own = parameters();
      const started = tf.memory().numTensors;
      const optimizer = createOptimizer(options);
      run(optimizer, own, 1, 1);
      const once = tf.memory().numTensors;
      run(optimizer, own, 2, 20);
      expect(tf.memory().numTensors).toBe(once);
      optimizer.dispose?.();
      expect(tf.memory().numTensors).toBe(started);
    });
  });

  test('a parameter without a gradient stays as it is', () => {
    const own = parameters();
    const optimizer = createOptimizer(settings['adamw']!);
    tf.tidy(() => optimizer.step(own, new Map(), { step: 1, learningRate: 1 }));
    expect(weights(own)).toEqual(['kernel', 'bias'].map((name) => [...start(name)]));
  });

  test('loading forgets what was loaded before', () => {
    const optimizer = createOptimizer(settings['adamw']!);
    optimizer.load({ 'kernel/m': new Float32Array(SIZE) });
    optimizer.load({ 'bias/m': Float32Array.of(1) });
    expect(optimizer.save()).toEqual({ 'bias/m': Float32Array.of(1) });
  });

  test('a state of another shape is refused by name', () => {
    const optimizer = createOptimizer(settings['adamw']!);
    optimizer.load({ 'kernel/m': new Float32Array(5), 'kernel/v': new Float32Array(5) });
    expect(() => run(optimizer, parameters(), 1, 1)).toThrow(
      expect.objectContaining({ code: 'optimizer-state-wrong', found: 'kernel/m: Float32Array of 5' }),
    );
  });
});
