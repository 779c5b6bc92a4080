/** What an elementwise loss may make of a batch beside its curves, keep and change: weights of entries; nothing; nothing. */
import { selectRows, type SparseLabels } from '@counterweight/core';
import { batchLabels } from '@counterweight/trainer';
import * as tf from '@tensorflow/tfjs-core';

import { fullLabels, hardLabels, listedLabels, logitsFor, maskedLabels, targetsOf, unknownLabels } from './batches.js';
import { demand, demandEqual, type Check } from './check.js';
import { EPOCHS, tensorCheck } from './loss-tensor-check.js';
import { trial } from './trial.js';

/** A batch of some labels, all rows in order. */
const batchOf = (labels: SparseLabels, epoch = 1) =>
  batchLabels(labels, Int32Array.from(Array(labels.rows).keys()), epoch);

const entryWeights = tensorCheck('entry weights are finite and at least 0, one per entry, for any labels', (loss) => {
  if (!loss.entryWeights) return;
  const bare = selectRows(hardLabels, Int32Array.of(4)); // without positives
  for (const labels of [hardLabels, maskedLabels, listedLabels, unknownLabels, fullLabels, bare])
    for (const epoch of EPOCHS) {
      const batch = batchOf(labels, epoch);
      const [layout, values] = tf.tidy(() => {
        const weights = loss.entryWeights!(batch);
        return [`${weights.dtype} [${weights.shape.join(', ')}]`, Array.from(weights.dataSync())] as const;
      });
      batch.dispose();
      const expected = `float32 [${labels.rows}, ${labels.columns}]`;
      demand(layout === expected, `weights: ${expected}`, () => layout);
      const targets = targetsOf(labels);
      values.forEach((w, i) =>
        demand(targets[i] === null || (w >= 0 && w < Infinity), `weights[${i}] of at least 0, finite`, () => `${w}`),
      );
    }
});

const leaks = tensorCheck('no tensor is left behind', (loss) => {
  for (const labels of [hardLabels, maskedLabels])
    for (const epoch of EPOCHS) {
      const logits = logitsFor(labels);
      const before = tf.memory().numTensors;
      trial({ loss, logits, labels, epoch });
      const left = tf.memory().numTensors - before;
      demand(left === 0, 'as many tensors after a batch as before', () => `${left} more`);
    }
});

const untouched = tensorCheck('the labels of a batch are not changed', (loss) => {
  if (!loss.entryWeights) return;
  const batch = batchOf(maskedLabels);
  const given = { 'batch.index()': batch.index(), 'batch.targets()': batch.targets(), 'batch.known()': batch.known()! };
  const before = Object.values(given).map((tensor) => tensor.dataSync().slice());
  const targets = targetsOf(batch.labels).map(Number);
  tf.tidy(() => {
    loss.entryWeights!(batch);
  });
  demandEqual('targets', targetsOf(batch.labels).map(Number), targets);
  Object.entries(given).forEach(([name, tensor], i) => {
    demand(!tensor.isDisposed, `${name} left to its owner`, () => 'it is disposed');
    demandEqual(name, tensor.dataSync(), before[i]!);
  });
  batch.dispose();
});

const deterministic = tensorCheck('the same batch gives the same bits', (loss, another) => {
  const logits = logitsFor(hardLabels);
  const [first, ...others] = [loss, loss, another].map((one) => trial({ loss: one, logits, labels: hardLabels }));
  for (const other of others) {
    demandEqual('the loss, again', [other.value], [first!.value]);
    demandEqual('the gradient, again', other.gradient, first!.gradient);
  }
});

const forgetful = tensorCheck('it remembers nothing: only a batch loss is saved with a run', (loss) => {
  const found = ['save', 'load'].filter((name) => name in loss);
  demand(found.length === 0, 'neither save nor load, which nobody would call', () => found.join(' and '));
});

export const lossMemoryChecks: readonly Check<'loss'>[] = [entryWeights, leaks, untouched, deterministic, forgetful];
