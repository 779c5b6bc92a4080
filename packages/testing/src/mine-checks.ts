/** What a sampler that mines must do, whichever entries it picks, one by one or whole examples. */
import * as tf from '@tensorflow/tfjs-core';

import {
  csr,
  selectRows,
  sparseLabels,
  type AnyPlugin,
  type ElementwiseLoss,
  type MineSampler,
  type SparseLabels,
} from '@counterweight/core';
import { batchLabels } from '@counterweight/trainer';

import { ensureBackend } from './backend.js';
import {
  COLUMNS,
  hardLabels,
  listedLabels,
  logitsFor,
  maskedLabels,
  permuteColumns,
  permuteRows,
  STATISTICS,
  targetsOf,
  unknownLabels,
  withColumns,
} from './batches.js';
import { demand, demandClose, demandEqual, type Check } from './check.js';
import { createMiner } from './create.js';
import { trial } from './trial.js';

const mineCheck = (name: string, holds: (miner: MineSampler) => void): Check<'sampler'> => ({
  name,
  run: async (plugin: AnyPlugin<'sampler'>, options: unknown = {}) => {
    await ensureBackend();
    holds(await createMiner(plugin, options, STATISTICS));
  },
});

/** [rows · columns] losses, all different, 0 where unknown as the trainer makes them. */
const lossesFor = (labels: SparseLabels): Float32Array => {
  const targets = targetsOf(labels);
  return Float32Array.from(logitsFor(labels), (z, i) => (targets[i] === null ? 0 : Math.abs(z + 0.001)));
};

/** The weights a miner gives, late enough for it to be at work. */
function mined(
  miner: MineSampler,
  losses: Float32Array,
  labels: SparseLabels,
): { weights: Float32Array; denominator: string } {
  const { rows, columns } = labels;
  const batch = batchLabels(
    labels,
    Int32Array.from({ length: rows }, (_, row) => row),
    (miner.startEpoch ?? 1) + 1,
  );
  try {
    return tf.tidy(() => {
      const tensor = tf.tensor2d(losses.slice(), [rows, columns]);
      const before = targetsOf(batch.labels).map(Number);
      const result = miner.mine({ losses: tensor, batch });
      demandEqual('targets, after mining', targetsOf(batch.labels).map(Number), before);
      demandEqual('losses, after mining', tensor.dataSync(), losses);
      const found = `${result.weights.dtype} [${result.weights.shape.join(', ')}]`;
      demand(found === `float32 [${rows}, ${columns}]`, `weights: float32 [${rows}, ${columns}]`, () => found);
      return { weights: result.weights.dataSync<'float32'>().slice(), denominator: result.denominator };
    });
  } finally {
    batch.dispose();
  }
}

/** The loss of an entry is its logit, so that losses can be chosen; its slope is 1. */
const identity: ElementwiseLoss = { kind: 'elementwise', curves: (z) => ({ positive: z, negative: z }) };

const BATCHES = [hardLabels, maskedLabels, listedLabels];

const constants = mineCheck('weights are finite, at least 0, and multiply the gradient as constants', (miner) => {
  for (const labels of BATCHES) {
    const losses = lossesFor(labels);
    const { weights, denominator } = mined(miner, losses, labels);
    weights.forEach((w, i) => demand(w >= 0 && w < Infinity, `weights[${i}] of at least 0, finite`, () => `${w}`));
    demand(
      ['kept', 'positives', 'known'].includes(denominator),
      'denominator kept, positives or known',
      () => denominator,
    );
    const { gradient } = trial({
      loss: identity,
      logits: losses,
      labels,
      miner,
      epoch: (miner.startEpoch ?? 1) + 1,
    });
    const targets = targetsOf(labels);
    demandClose(
      'gradient',
      gradient,
      weights.map((w, i) => (targets[i] === null ? 0 : w)),
      { absolute: 0, relative: 1e-6 },
    );
  }
});

const counts = mineCheck('the counts of kept positives and negatives are those of the weights', (miner) => {
  for (const labels of BATCHES) {
    const losses = lossesFor(labels);
    const { weights } = mined(miner, losses, labels);
    const { statistics } = trial({ loss: identity, logits: losses, labels, miner, epoch: (miner.startEpoch ?? 1) + 1 });
    const targets = targetsOf(labels);
    const count = (positive: boolean): number =>
      weights.filter((w, i) => w !== 0 && targets[i] !== null && (targets[i] === 1) === positive).length;
    demandEqual(
      'kept positives and negatives',
      [statistics.keptPositives, statistics.keptNegatives],
      [count(true), count(false)],
    );
    demand(count(true) + count(false) > 0, 'some entry kept', () => 'none');
  }
});

const ties = mineCheck('equal losses: the lower row comes first, then the lower column', (miner) => {
  for (const labels of BATCHES) {
    const targets = targetsOf(labels);
    const tied = Float32Array.from(targets, (y, i) => (y === null ? 0 : 1 + ((5 * i) % 3)));
    const broken = tied.map((loss, i) => (targets[i] === null ? 0 : loss - i * 2 ** -20));
    demandClose(
      'weights under ties, against those with losses that fall a little from entry to entry',
      mined(miner, tied, labels).weights,
      mined(miner, broken, labels).weights,
      { absolute: 1e-3, relative: 1e-3 }, // weights may rise with the loss
    );
  }
});

const permutation = mineCheck('rows and columns in another order: the same entries', (miner) => {
  const rows = [5, 2, 7, 0, 3, 6, 1, 4];
  const columns = [3, 0, 4, 1, 2];
  for (const labels of BATCHES) {
    const losses = lossesFor(labels);
    const straight = mined(miner, losses, labels).weights;
    const mixed = mined(miner, permuteRows(losses, rows), selectRows(labels, Int32Array.from(rows))).weights;
    demandEqual('weights, rows permuted', mixed, permuteRows(straight, rows));
    const across = mined(miner, permuteColumns(losses, columns), withColumns(labels, columns)).weights;
    demandEqual('weights, columns permuted', across, permuteColumns(straight, columns));
  }
});

const masks = mineCheck('a row that is unknown changes nothing for the others', (miner) => {
  const unknown = 2; // of the masked labels
  for (const labels of [maskedLabels, listedLabels]) {
    const others = Array.from({ length: labels.rows }, (_, row) => row).filter((row) => row !== unknown);
    const losses = lossesFor(labels);
    const pick = (matrix: Float32Array): Float32Array =>
      Float32Array.from(others.flatMap((row) => [...matrix.subarray(row * COLUMNS, (row + 1) * COLUMNS)]));
    const whole = pick(mined(miner, losses, labels).weights);
    const without = mined(miner, pick(losses), selectRows(labels, Int32Array.from(others))).weights;
    const targets = targetsOf(selectRows(labels, Int32Array.from(others)));
    const known = (weights: Float32Array): Float32Array => weights.map((w, i) => (targets[i] === null ? 0 : w));
    demandEqual('weights with and without the unknown row', known(whole), known(without));
  }
});

const emptied = mineCheck(
  'batches without positives, without negatives and without anything known are fine',
  (miner) => {
    const full = sparseLabels({
      rows: 2,
      columns: COLUMNS,
      positives: csr(
        [Array.from({ length: COLUMNS }, (_, c) => c), Array.from({ length: COLUMNS }, (_, c) => c)],
        COLUMNS,
      ),
    });
    for (const labels of [selectRows(hardLabels, Int32Array.of(4)), full, unknownLabels])
      mined(miner, lossesFor(labels), labels).weights.forEach((w) =>
        demand(Number.isFinite(w), 'finite weights', () => `${w}`),
      );
  },
);

const leaks = mineCheck('no tensor is left behind', (miner) => {
  const losses = lossesFor(maskedLabels);
  const before = tf.memory().numTensors;
  mined(miner, losses, maskedLabels);
  const left = tf.memory().numTensors - before;
  demand(left === 0, 'as many tensors after a batch as before', () => `${left} more`);
});

const pure = mineCheck('the same batch gives the same weights, and stays as it is', (miner) => {
  const losses = lossesFor(maskedLabels);
  const { weights } = mined(miner, losses, maskedLabels);
  mined(miner, lossesFor(hardLabels), hardLabels);
  demandEqual('weights, after another batch', mined(miner, losses, maskedLabels).weights, weights);
});

export const mineChecks: readonly Check<'sampler'>[] = [
  constants,
  counts,
  ties,
  permutation,
  masks,
  emptied,
  leaks,
  pure,
];
