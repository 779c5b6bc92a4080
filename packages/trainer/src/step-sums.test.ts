import { loadEngine } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';

import { StepSums } from './step-sums.js';

beforeAll(() => loadEngine());

interface Given {
  readonly loss: number;
  readonly denominator: number;
  /** Absent: this batch does not reach the parameter. */
  readonly a?: number;
  readonly b?: number;
}

/** What comes of some batches, each with one gradient per parameter that it reaches. */
function sumsOf(batches: readonly Given[], additive: boolean) {
  const before = tf.memory().numTensors;
  const sums = new StepSums(additive);
  batches.forEach(({ loss, denominator, ...reached }, i) => {
    tf.tidy(() => {
      const gradients = new Map(Object.entries(reached).map(([name, value]) => [name, tf.tensor1d([value, -value])]));
      sums.add({ loss, denominator, keptPositives: i, keptNegatives: 10 * i }, gradients, Int32Array.of(i));
    });
    expect(tf.memory().numTensors - before).toBe(sums.gradients.size);
  });
  const gradients = Object.fromEntries([...sums.gradients].map(([name, gradient]) => [name, [...gradient.dataSync()]]));
  sums.dispose();
  expect(tf.memory().numTensors).toBe(before);
  return { ...sums.result, gradients, examples: [...sums.examples] };
}

const batches: readonly Given[] = [
  { loss: 4, denominator: 2, a: 1 },
  { loss: 8, denominator: 6, b: 16 },
  { loss: 0, denominator: 0, a: 64, b: 64 }, // nothing known: whatever its gradients
  { loss: 16, denominator: 8, a: 32, b: 32 },
];

describe('a parameter that some batches do not reach has a gradient of 0 there', () => {
  test('averages weigh each batch by what it was divided by', () => {
    expect(sumsOf(batches, false)).toEqual({
      loss: (2 * 4 + 6 * 8 + 8 * 16) / 16,
      denominator: 16,
      keptPositives: 6,
      keptNegatives: 60,
      gradients: { a: [16.125, -16.125], b: [22, -22] }, // (2·1 + 8·32) / 16 and (6·16 + 8·32) / 16
      examples: [0, 1, 2, 3],
    });
  });

  test('sums add up', () => {
    expect(sumsOf(batches, true)).toMatchObject({
      loss: 28,
      denominator: 8,
      gradients: { a: [97, -97], b: [112, -112] },
    });
  });
});
