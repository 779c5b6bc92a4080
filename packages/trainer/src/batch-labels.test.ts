import { loadEngine } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';

import { sparseLabels } from '@counterweight/core';

import { batchLabels } from './batch-labels.js';

beforeAll(() => loadEngine());

// Four examples, three classes; example 1 lists nothing.
const positives = {
  offsets: Uint32Array.of(0, 2, 2, 3, 4),
  classes: Uint16Array.of(0, 2, 1, 2),
  values: Float32Array.of(1, 0.5, 1, 0.25),
};
const exceptions = { offsets: Uint32Array.of(0, 1, 3, 3, 3), classes: Uint16Array.of(1, 0, 2) };
const EXAMPLES = Int32Array.of(2, 0, 1, 0);

test('targets, index and keys of the rows asked for, repeats too', () => {
  const batch = batchLabels(sparseLabels({ rows: 4, columns: 3, positives }), EXAMPLES, 0);
  expect(batch.targets().arraySync()).toEqual([
    [0, 1, 0],
    [1, 0, 0.5],
    [0, 0, 0],
    [1, 0, 0.5],
  ]);
  expect(batch.index().arraySync()).toEqual([
    [0, 1],
    [1, 0],
    [1, 2],
    [3, 0],
    [3, 2],
  ]);
  expect([...batch.positiveIds]).toEqual([2, 0, 1, 0, 1]);
  expect(batch.counts).toEqual({ positives: 5, known: 12 });
  expect(batch.known()).toBeNull();
  batch.dispose();
});

test.each([
  [
    'negative',
    [
      [1, 1, 1],
      [1, 0, 1],
      [0, 1, 0],
      [1, 0, 1],
    ],
    8,
  ],
  [
    'unknown',
    [
      [0, 1, 0],
      [1, 1, 1],
      [1, 0, 1],
      [1, 1, 1],
    ],
    9,
  ],
] as const)('what is known when the rest is %s', (unlisted, known, count) => {
  const batch = batchLabels(sparseLabels({ rows: 4, columns: 3, positives, exceptions, unlisted }), EXAMPLES, 0);
  expect(batch.known()?.arraySync()).toEqual(known);
  expect(batch.counts.known).toBe(count);
  batch.dispose();
});

test('rows without any exception are wholly known', () => {
  const batch = batchLabels(sparseLabels({ rows: 4, columns: 3, positives, exceptions }), Int32Array.of(2, 3), 0);
  expect(batch.known()).toBeNull();
  batch.dispose();
});

test('tensors are made once, survive a tidy and are freed', () => {
  const before = tf.memory().numTensors;
  const batch = batchLabels(sparseLabels({ rows: 4, columns: 3, positives, exceptions }), EXAMPLES, 0);
  expect(tf.memory().numTensors).toBe(before);
  const first = tf.tidy(() => [batch.index(), batch.targets(), batch.known()!]);
  expect([batch.index(), batch.targets(), batch.known()]).toEqual(first);
  expect(tf.memory().numTensors).toBe(before + 3);
  batch.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('a batch without positives', () => {
  const batch = batchLabels(sparseLabels({ rows: 4, columns: 3, positives }), Int32Array.of(1), 0);
  expect(batch.targets().arraySync()).toEqual([[0, 0, 0]]);
  expect(batch.index().shape).toEqual([0, 2]);
  batch.dispose();
});
