/** What the value and the gradient of a batch loss must be. */
import * as tf from '@tensorflow/tfjs-core';

import { randomStream, type SparseLabels } from '@counterweight/core';
import { batchLabels } from '@counterweight/trainer';

import { batchLossCheck, batchTrial, batchValue, demandFinite } from './batch-loss-check.js';
import {
  COLUMNS,
  fullLabels,
  hardLabels,
  listedLabels,
  logitsFor,
  maskedLabels,
  softLabels,
  targetsOf,
} from './batches.js';
import { demand, type Check } from './check.js';
import { nearestDifference } from './finite-differences.js';
import { EPOCHS } from './loss-tensor-check.js';

const scalar = batchLossCheck('the value is one finite number in float32', async (create) => {
  const loss = await create();
  for (const labels of [hardLabels, maskedLabels, listedLabels])
    for (const epoch of EPOCHS) {
      const batch = batchLabels(labels, Int32Array.from(Array(labels.rows).keys()), epoch);
      const found = tf.tidy(() => {
        const logits = tf.tensor2d(Float32Array.from(logitsFor(labels)), [labels.rows, labels.columns]);
        const value: unknown = loss.compute(logits, batch);
        if (!(value instanceof tf.Tensor)) return typeof value;
        const { dtype, shape } = value as tf.Tensor;
        const size = Number.isFinite((value as tf.Tensor).dataSync()[0]) ? 'finite' : 'not finite';
        return `${dtype} [${shape.join(', ')}] ${size}`;
      });
      batch.dispose();
      demand(found === 'float32 [] finite', `a scalar in epoch ${epoch}: float32 [], finite`, () => found);
    }
});

const unweighted = batchLossCheck('class weights are not declared: a batch loss takes none', async (_, { weights }) => {
  demand(weights === undefined || weights === 'none', 'no `weights` in the plugin', () => JSON.stringify(weights));
  await Promise.resolve();
});

/** Off the round numbers, where margins have their kinks; exact in float32 with every step of a difference. */
const smoothLogits = ({ rows, columns }: SparseLabels, deviation: number): Float64Array => {
  const random = randomStream(29).fork(deviation);
  return Float64Array.from(
    { length: rows * columns },
    () => Math.round(2 ** 16 * Math.max(-30, Math.min(30, deviation * random.normal()))) / 2 ** 16,
  );
};

const gradient = batchLossCheck('the gradient is the derivative of the value', async (create) => {
  const soft = (await create()).softTargets === false ? [] : [softLabels(0.4)];
  for (const labels of [hardLabels, maskedLabels, listedLabels, ...soft])
    for (const deviation of [1.5, 8]) {
      const logits = smoothLogits(labels, deviation);
      const slopes = batchTrial({ loss: await create(), logits, labels }).gradient;
      const largest = slopes.reduce((most, slope) => Math.max(most, Math.abs(slope)), 0);
      const known = targetsOf(labels).flatMap((target, i) => (target === null ? [] : [i]));
      for (const i of known) {
        const value = async (shift: number): Promise<number> =>
          batchValue({ loss: await create(), logits: logits.with(i, logits[i]! + shift), labels });
        const { difference, agrees } = await nearestDifference(value, { slope: slopes[i]!, absolute: 1e-3 * largest });
        demand(
          agrees,
          `a gradient of ${difference} at logit ${logits[i]}, row ${Math.floor(i / COLUMNS)}, class ${i % COLUMNS} (central difference)`,
          () => `${slopes[i]}`,
        );
      }
    }
});

/** Logits of a batch where everything is at an end, or equal. */
const EXTREMES: Readonly<Record<string, (row: number, column: number) => number>> = {
  'of 80': () => 80,
  'of −80': () => -80,
  'of ±80 by the class': (_, column) => (column % 2 === 0 ? 80 : -80),
  'of ±80 by the row': (row) => (row % 2 === 0 ? 80 : -80),
  'of ±80 in turn': (row, column) => ((row + column) % 2 === 0 ? 80 : -80),
  'that are all 0': () => 0,
  'that are equal in each row': (row) => row - 3,
};

const tails = batchLossCheck('value and gradient are finite for logits of ±80 and for equal ones', async (create) => {
  const loss = await create();
  for (const labels of [hardLabels, maskedLabels, listedLabels, fullLabels])
    for (const [name, at] of Object.entries(EXTREMES)) {
      const logits = Float64Array.from({ length: labels.rows * COLUMNS }, (_, i) =>
        at(Math.floor(i / COLUMNS), i % COLUMNS),
      );
      demandFinite(`for logits ${name}`, batchTrial({ loss, logits, labels }));
    }
});

export const batchLossValueChecks: readonly Check<'loss'>[] = [scalar, unweighted, gradient, tails];
