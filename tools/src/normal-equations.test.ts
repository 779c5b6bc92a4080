import { labelsFromRows, randomStream } from '@counterweight/core';
import { loadEngine } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

import { normalEquations } from './normal-equations.js';

/** Solves A w = b in place by Gauss elimination, float64. */
function eliminate(a: number[][], b: number[]): number[] {
  const n = b.length;
  for (let i = 0; i < n; i++)
    for (let j = i + 1; j < n; j++) {
      const factor = a[j]![i]! / a[i]![i]!;
      for (let k = i; k < n; k++) a[j]![k]! -= factor * a[i]![k]!;
      b[j]! -= factor * b[i]!;
    }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) b[i]! -= a[i]![k]! * b[k]!;
    b[i]! /= a[i]![i]!;
  }
  return b;
}

test.each([
  { examples: 30, features: 7, name: 'features' },
  { examples: 7, features: 30, name: 'examples' },
])('scores equal a float64 solution where the system has the side of the $name', async ({ examples, features }) => {
  const { backend } = await loadEngine();
  const tensors = tf.memory().numTensors;
  const random = randomStream(1);
  const matrix = (rows: number) =>
    Array.from({ length: rows }, () => Array.from({ length: features }, () => random.normal()));
  const [x, given, strength, classes] = [matrix(examples), matrix(4), 0.3, 600]; // more than a block of classes
  const rows = x.map(() => [random.integer(classes), random.integer(classes), 0]);
  const xTensor = tf.tensor2d(x);
  const givenTensor = tf.tensor2d(given);
  const equations = normalEquations(backend, xTensor, labelsFromRows(rows, classes));
  const found = equations.predict(givenTensor, strength);
  equations.dispose();
  tf.dispose([xTensor, givenTensor]);
  expect(tf.memory().numTensors).toBe(tensors);

  const scatter = (i: number, j: number) => x.reduce((sum, row) => sum + row[i]! * row[j]!, 0);
  const lambda = (strength * x.flat().reduce((sum, value) => sum + value * value, 0)) / features;
  const side = Array.from({ length: features }, (_, i) => i);
  for (const column of new Set(rows.flat())) {
    const weights = eliminate(
      side.map((i) => side.map((j) => scatter(i, j) + (i === j ? lambda : 0))),
      side.map((i) => x.reduce((sum, row, n) => sum + (rows[n]!.includes(column) ? row[i]! : 0), 0)),
    );
    given.forEach((row, i) => {
      const expected = row.reduce((sum, value, j) => sum + value * weights[j]!, 0);
      expect(found[i * classes + column]).toBeCloseTo(expected, 4);
    });
  }
  expect(found.every(Number.isFinite)).toBe(true);
});
