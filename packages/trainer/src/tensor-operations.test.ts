import { loadEngine } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, test } from 'vitest';

import { evaluate, evaluateCurves, LOGIT, perClass, slope, type Expression } from '@counterweight/core';

import { batchLabels } from './batch-labels.js';
import { classTables } from './class-tables.js';
import { entryValues, lossFunctions } from './entry-values.js';
import { dense, tensorOperations } from './tensor-operations.js';
import { bce } from './fixtures/tiny.js';
import { sparseLabels } from '@counterweight/core';

const GRID = Float32Array.from({ length: 2 * 85 * 8 + 1 }, (_, i) => i / 8 - 85);

const rows: Record<string, (z: Expression) => Expression> = {
  neg: (z) => z.neg(),
  exp: (z) => z.exp(),
  'log1p of eᶻ': (z) => z.exp().log1p(),
  expm1: (z) => z.expm1(),
  tanh: (z) => z.tanh(),
  softplus: (z) => z.softplus(),
  sigmoid: (z) => z.sigmoid(),
  add: (z) => z.add(2).add(z),
  'sub, mul, div': (z) => z.sub(1).mul(z).div(z.exp().add(1)),
  'max, min': (z) => z.max(-3).min(z.neg()),
  where: (z) => z.greater(1).where(z.softplus(), 3),
  'where, of a number': (z) => z.mul(0).add(1).greater(0).where(2, z),
  ...Object.fromEntries(
    [0, 1, 2, 3, 4, 5, 8, 9, 0.5, 2.5].map((k) => [`pow ${k}`, (z: Expression) => z.sigmoid().pow(k)]),
  ),
  'pow −1': (z) => z.softplus().add(1).pow(-1),
  'pow of 0': (z) => z.max(0).pow(1.5),
  'number alone': (z) => z.pow(0).mul(3).softplus(),
  'number from numbers': (z) => perClass(Float64Array.of(2)).mul(z.pow(0)),
};

describe.each(['tensorflow', 'cpu'])('on %s', (backend) => {
  beforeAll(async () => {
    if (backend === 'cpu') await tf.setBackend('cpu');
    else await loadEngine();
  });

  test.each(Object.entries(rows))('%s: value and slope equal float64 to 1e-5 over logits to ±85', (_, make) => {
    const expression = make(LOGIT);
    const roots = [expression, slope(expression)];
    const got = tf.tidy(() => {
      const logits = tf.tensor2d(GRID.slice(), [GRID.length, 1]);
      const table = (values: Float64Array) => tf.tensor2d([...values], [1, values.length]);
      return evaluate(roots, tensorOperations(logits, table)).map((x) => dense(x, logits.shape).dataSync());
    });
    const curves = evaluateCurves({ positive: expression, negative: expression }, Float64Array.from(GRID));
    expectRelative(got[0]!, curves.positive, 1e-5);
    expectRelative(got[1]!, curves.positiveSlope, 1e-5);
  });

  test.each([
    ['the tail of a negative, at −80', 0, -80, 1.8048513878454153e-35],
    ['the tail of a positive, at 80', 1, 80, 1.8048513878454153e-35],
    ['a confident mistake on a negative', 0, 80, 80],
    ['a confident mistake on a positive', 1, -80, 80],
  ])('binary cross-entropy keeps %s', (_, target, z, want) => {
    const positives = { offsets: Uint32Array.of(0, target), classes: new Uint16Array(target) };
    const batch = batchLabels(sparseLabels({ rows: 1, columns: 1, positives }), Int32Array.of(0), 0);
    const tables = classTables(1);
    const { values, slopes } = tf.tidy(() => {
      const entries = entryValues(lossFunctions(bce.curves(LOGIT, { epoch: 0 })), tf.tensor2d([[z]]), batch, tables);
      return { values: entries.values.dataSync(), slopes: entries.slopes.dataSync() };
    });
    expectRelative(values, Float64Array.of(want), 1e-6);
    expectRelative(slopes, Float64Array.of((target === 1 ? -1 : 1) * Math.min(want, 1)), 1e-6);
    batch.dispose();
  });
});

/** Relative alone, wherever float32 has digits: its smallest normal number is 1.2e-38. */
function expectRelative(got: ArrayLike<number>, want: Float64Array, tolerance: number): void {
  let compared = 0;
  want.forEach((x, i) => {
    if (Math.abs(x) < 1e-37 || Math.abs(x) > 3e38) return;
    compared++;
    expect(Math.abs(got[i]! - x) / Math.abs(x), `${got[i]} for ${x} at index ${i}`).toBeLessThan(tolerance);
  });
  if (want.some((x) => x !== 0)) expect(compared).toBeGreaterThan(0);
  else expect([...want]).toEqual([...Float64Array.from(got)].map((x) => x + 0));
}
