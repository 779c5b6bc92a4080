import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';

import { rowOf, type BatchLabels, type Csr, type Mined } from '@counterweight/core';

import { knownEntries } from './known-entries.js';
import { checkedTensor, refuse, type Method } from './plugin-call.js';

/** A plugin's weights with 0 at unknown entries, whatever was there: 0 · NaN would be NaN. */
export function whereKnown(weights: Tensor2D, batch: BatchLabels): Tensor2D {
  const known = batch.known();
  return known ? tf.where(tf.cast(known, 'bool'), weights, tf.zerosLike(weights)) : weights;
}

const DENOMINATORS = ['kept', 'positives', 'known'] as const satisfies readonly Mined['denominator'][];

/** @throws tensor-shape-wrong, plugin-breaks-contract */
export function checkedMined(method: Method, mined: Mined | undefined, shape: readonly number[]): Mined {
  const { weights, denominator } = mined ?? {};
  checkedTensor({ ...method, doing: `${method.doing}, weights` }, weights as Tensor2D, shape);
  if (!DENOMINATORS.some((one) => one === denominator))
    throw refuse(method, `denominator ${JSON.stringify(denominator)}`, `a denominator: ${DENOMINATORS.join(', ')}`);
  return mined!;
}

/** Known entries of a weight other than 0. One pass over what a miner most often made in JavaScript: cheaper than kernels. */
export function countKept(
  method: Method,
  weights: Tensor2D,
  { labels }: BatchLabels,
): { keptPositives: number; keptNegatives: number } {
  const { columns, positives, exceptions, unlisted } = labels;
  const values = weights.dataSync();
  // Read here anyway, so looked at here: NaN, infinities and what is below 0.
  const suspects = { count: 0 };
  const counts = (weight: number): boolean => {
    if (weight === 0) return false;
    if (!isWeight(weight)) suspects.count++;
    return true;
  };
  const among = (listed: Csr | undefined): number => {
    let kept = 0;
    for (let row = 0; listed && row < labels.rows; row++)
      for (const column of rowOf(listed, row)) if (counts(values[row * columns + column]!)) kept++;
    return kept;
  };
  const [keptPositives, keptExceptions] = [among(positives), among(exceptions)];
  let kept = 0;
  if (unlisted === 'negative') for (let i = 0; i < values.length; i++) if (counts(values[i]!)) kept++; // four times as fast as for-of
  if (suspects.count > 0) checkWeights(method, values, labels);
  if (unlisted === 'unknown') return { keptPositives, keptNegatives: keptExceptions };
  return { keptPositives, keptNegatives: kept - keptPositives - keptExceptions };
}

const isWeight = (weight: number): boolean => weight >= 0 && weight < Infinity;

/** At unknown entries anything may stand. @throws plugin-breaks-contract */
function checkWeights(method: Method, values: ArrayLike<number>, labels: BatchLabels['labels']): void {
  const isKnown = knownEntries(labels);
  const at = Array.from(values).findIndex((weight, i) => !isWeight(weight) && isKnown(i));
  if (at < 0) return;
  const [row, column] = [Math.floor(at / labels.columns), at % labels.columns];
  const found = `weight ${values[at]} at row ${row} of the batch, class index ${column}`;
  throw refuse(method, found, 'weights that are finite and at least 0');
}
