import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';

import { loadEngine, nativeTensorCount } from '../engine.js';
import { normal } from '../fixtures/drawings.js';

beforeAll(async () => {
  await loadEngine();
});

const SHAPE = [7, 5];
const COUNT = 35;
const run = (name: string, inputs: Record<string, tf.Tensor>, attributes: object) =>
  tf.getKernel(name, tf.getBackend()).kernelFunc({
    inputs,
    attrs: attributes as tf.NamedAttrMap,
    backend: tf.backend(),
  });
const variable = (values: Float32Array) => tf.tidy(() => tf.variable(tf.tensor(values, SHAPE)));
const zeros = () => variable(new Float32Array(COUNT));
const gradientAt = (step: number) => normal(COUNT, 100 + step).map((value, i) => (i === 0 ? 0 : value));

function expectClose(tensor: tf.Tensor, expected: ArrayLike<number>, tolerance: number) {
  tensor.dataSync().forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(tolerance));
}

describe('CwAdam', () => {
  const options = { learningRate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-3 };

  /** Kingma and Ba 2015, the order of computation before section 2.1, in float64. */
  function reference(start: Float32Array, steps: number) {
    const [x, m, v] = [Float64Array.from(start), new Float64Array(COUNT), new Float64Array(COUNT)];
    for (let step = 1; step <= steps; step++) {
      const rate = (options.learningRate * Math.sqrt(1 - options.beta2 ** step)) / (1 - options.beta1 ** step);
      gradientAt(step).forEach((g, i) => {
        m[i] = options.beta1 * m[i]! + (1 - options.beta1) * g;
        v[i] = options.beta2 * v[i]! + (1 - options.beta2) * g * g;
        x[i]! -= (rate * m[i]) / (Math.sqrt(v[i]) + options.epsilon);
      });
    }
    return { x, m, v };
  }

  test('thirty steps are those of the paper in float64', () => {
    const start = normal(COUNT, 1);
    const state = { variable: variable(start.slice()), m: zeros(), v: zeros() };
    for (let step = 1; step <= 30; step++) {
      const gradient = tf.tensor(gradientAt(step), SHAPE);
      run('CwAdam', { ...state, gradient }, { ...options, step });
      gradient.dispose();
    }
    const expected = reference(start, 30);
    expectClose(state.variable, expected.x, 2e-6);
    expectClose(state.m, expected.m, 1e-6);
    expectClose(state.v, expected.v, 1e-6);
    tf.dispose(state);
  });

  test('variables of different shapes take turns without seeing each other', () => {
    const [a, b] = [tf.variable(tf.ones([3])), tf.variable(tf.ones([2, 2]))];
    const states = [a, b].map((each) => ({ m: tf.variable(tf.zerosLike(each)), v: tf.variable(tf.zerosLike(each)) }));
    for (let step = 1; step <= 3; step++)
      [a, b].forEach((each, i) => {
        const gradient = tf.fill(each.shape, i === 0 ? 1 : -1);
        run('CwAdam', { variable: each, ...states[i], gradient }, { ...options, epsilon: 0, step });
        gradient.dispose();
      });
    // A constant gradient moves by the learning rate.
    a.dataSync().forEach((value) => expect(value).toBeCloseTo(0.97, 5));
    b.dataSync().forEach((value) => expect(value).toBeCloseTo(1.03, 5));
    tf.dispose([a, b, states]);
  });

  test('a refused update leaves the variable readable and as it was', () => {
    const state = { variable: variable(normal(COUNT, 2)), m: zeros(), v: zeros() };
    const before = state.variable.dataSync().slice();
    const gradient = tf.zeros([3]);
    expect(() => run('CwAdam', { ...state, gradient }, { ...options, step: 1 })).toThrow(/shape/);
    expect(state.variable.dataSync()).toEqual(before);
    tf.dispose([state, gradient]);
  });
});

describe('CwMomentum', () => {
  test.each([false, true])('ten steps are those of Sutskever et al. 2013 in float64, nesterov %s', (nesterov) => {
    const [learningRate, momentum] = [0.05, 0.9];
    const start = normal(COUNT, 4);
    const state = { variable: variable(start.slice()), accumulator: zeros() };
    const [x, a] = [Float64Array.from(start), new Float64Array(COUNT)];
    for (let step = 1; step <= 10; step++) {
      const gradient = tf.tensor(gradientAt(step), SHAPE);
      run('CwMomentum', { ...state, gradient }, { learningRate, momentum, nesterov });
      gradient.dispose();
      gradientAt(step).forEach((g, i) => {
        a[i] = momentum * a[i]! + g;
        x[i]! -= learningRate * (nesterov ? g + momentum * a[i] : a[i]);
      });
    }
    expectClose(state.variable, x, 1e-5);
    expectClose(state.accumulator, a, 1e-5);
    tf.dispose(state);
  });
});

describe('CwAverage', () => {
  test('thirty steps towards what moves are those of the formula in float64', () => {
    const average = variable(normal(COUNT, 1));
    const expected = Float64Array.from(normal(COUNT, 1));
    for (let step = 1; step <= 30; step++) {
      const toward = variable(gradientAt(step));
      const share = 1 / (1 + step);
      run('CwAverage', { variable: average, toward }, { share });
      gradientAt(step).forEach((w, i) => (expected[i]! -= share * (expected[i]! - w)));
      expect(toward.dataSync()).toEqual(gradientAt(step));
      toward.dispose();
    }
    expectClose(average, expected, 1e-6);
    average.dispose();
  });

  test('leaves no tensor behind, and a variable that is where it goes keeps its bits', () => {
    const [average, toward] = [variable(normal(COUNT, 3)), variable(normal(COUNT, 3))];
    run('CwAverage', { variable: average, toward }, { share: 0.3 });
    const before = [tf.memory().numTensors, nativeTensorCount()];
    for (let i = 0; i < 5; i++) run('CwAverage', { variable: average, toward }, { share: 0.3 });
    expect([tf.memory().numTensors, nativeTensorCount()]).toEqual(before);
    expect(average.dataSync()).toEqual(normal(COUNT, 3));
    tf.dispose([average, toward]);
  });
});

describe('CwDecay', () => {
  test('takes a share away, leaves a clone alone and no tensor behind', () => {
    const start = normal(COUNT, 5);
    const before = nativeTensorCount();
    const own = variable(start.slice());
    run('CwDecay', { variable: own }, { rate: 0.25 });
    const clone = tf.clone(own);
    run('CwDecay', { variable: own }, { rate: 0.5 });
    expectClose(
      clone,
      start.map((x) => 0.75 * x),
      1e-6,
    );
    expectClose(
      own,
      start.map((x) => 0.375 * x),
      1e-6,
    );
    tf.dispose([own, clone]);
    expect(nativeTensorCount()).toBe(before);
  });
});

describe('updates in place', () => {
  const step = (state: { variable: tf.Variable; accumulator: tf.Tensor }) => {
    const gradient = tf.ones(state.variable.shape);
    run('CwMomentum', { ...state, gradient }, { learningRate: 1, momentum: 0, nesterov: false });
    gradient.dispose();
  };

  test('do not reach the array that a variable was made from', () => {
    // 64 arrays: memory is shared only where an array happens to be aligned.
    for (let i = 0; i < 64; i++) {
      const values = new Float32Array(1000 + i).fill(1);
      const state = { variable: tf.variable(tf.tensor(values)), accumulator: tf.variable(tf.zeros([values.length])) };
      tf.add(state.variable, 0).dispose();
      step(state);
      expect(values.every((value) => value === 1)).toBe(true);
      expect(state.variable.dataSync()[0]).toBe(0);
      tf.dispose(state);
    }
  });

  test('do not reach a clone of the variable', () => {
    const state = { variable: variable(new Float32Array(COUNT).fill(5)), accumulator: zeros() };
    step(state);
    const clone = tf.clone(state.variable);
    step(state);
    expect(clone.dataSync()[0]).toBe(4);
    expect(state.variable.dataSync()[0]).toBe(3);
    tf.dispose([state, clone]);
  });

  test('leave no tensor behind, whatever the step', () => {
    const state = { variable: variable(normal(COUNT, 6)), accumulator: zeros(), m: zeros(), v: zeros() };
    const once = (at: number) => {
      step(state);
      const gradient = tf.ones(SHAPE);
      const attributes = { learningRate: 0.1 / at, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, step: at };
      run('CwAdam', { variable: state.variable, m: state.m, v: state.v, gradient }, attributes);
      gradient.dispose();
    };
    const before = [tf.memory().numTensors, nativeTensorCount()];
    for (let at = 1; at <= 5; at++) once(at);
    tf.dispose(state);
    const after = [tf.memory().numTensors, nativeTensorCount()];
    expect([before[0]! - after[0]!, before[1]! - after[1]!]).toEqual([4, 0]);
  });
});
