/** What a batch loss may keep, change and remember: no tensor, nothing of its inputs, only what it saves. */
import * as tf from '@tensorflow/tfjs-core';

import type { BatchLoss, StateArrays } from '@counterweight/core';
import { batchLabels } from '@counterweight/trainer';

import { batchLossCheck, batchTrial, type BatchTrialResult, type CreateBatchLoss } from './batch-loss-check.js';
import { hardLabels, logitsFor, maskedLabels, targetsOf } from './batches.js';
import { demand, demandEqual, type Check } from './check.js';
import { copyOf, demandStateArrays, demandSameState, scribbleOver } from './state.js';

/** Some steps of a run, two an epoch: examples come again in other batches. */
const STEPS = [
  [0, 1, 2, 3],
  [4, 5, 6],
  [7, 2, 5, 1],
  [3, 6, 0],
  [1, 4, 7, 2],
].map((rows) => Int32Array.from(rows));
/** Where the run is stopped. */
const STOP = 3;

function step(loss: BatchLoss, at: number): BatchTrialResult {
  const examples = STEPS[at]!;
  const logits = logitsFor(hardLabels).subarray(at, at + examples.length * hardLabels.columns);
  return batchTrial({ loss, logits, labels: hardLabels, examples, epoch: at >> 1 });
}

const bits = ({ value, gradient }: BatchTrialResult): number[] => [value, ...gradient];

const leaks = batchLossCheck('no tensor is left behind, neither by `create` nor by any step', async (create) => {
  const before = tf.memory().numTensors;
  const loss = await create();
  const left = (): number => tf.memory().numTensors - before;
  demand(left() === 0, 'no tensor made by create: the engine may not be there yet', () => `${left()}`);
  STEPS.forEach((_, at) => {
    step(loss, at);
    demand(left() === 0, `as many tensors after step ${at + 1} as before the first`, () => `${left()} more`);
  });
});

const untouched = batchLossCheck('logits and labels are not changed', async (create) => {
  const loss = await create();
  for (const labels of [hardLabels, maskedLabels]) {
    const batch = batchLabels(labels, Int32Array.from(Array(labels.rows).keys()), 1);
    const logits = tf.tensor2d(Float32Array.from(logitsFor(labels)), [labels.rows, labels.columns]);
    const tensors = (): Readonly<Record<string, tf.Tensor>> => ({
      logits,
      'batch.index()': batch.index(),
      'batch.targets()': batch.targets(),
      ...(batch.known() && { 'batch.known()': batch.known()! }),
    });
    const given = Object.entries(tensors());
    const before = given.map(([, tensor]) => tensor.dataSync().slice());
    const targets = targetsOf(batch.labels).map(Number);
    tf.tidy(() => {
      tf.grad((x) => loss.compute(x as tf.Tensor2D, batch))(logits);
    });
    demandEqual('targets', targetsOf(batch.labels).map(Number), targets);
    given.forEach(([name, tensor], i) => {
      demand(!tensor.isDisposed, `${name} left to its owner`, () => 'it is disposed');
      demandEqual(name, tensor.dataSync(), before[i]!);
    });
    batch.dispose();
    logits.dispose();
  }
});

const deterministic = batchLossCheck('a fresh instance gives the same bits', async (create) => {
  const run = async (): Promise<number[]> => {
    const loss = await create();
    return STEPS.flatMap((_, at) => bits(step(loss, at)));
  };
  demandEqual('losses and gradients of some steps, again', await run(), await run());
});

/** What follows the stop, in bits. */
const rest = (loss: BatchLoss): number[] => STEPS.flatMap((_, at) => (at < STOP ? [] : bits(step(loss, at))));

const stopped = async (create: CreateBatchLoss): Promise<BatchLoss> => {
  const loss = await create();
  for (let at = 0; at < STOP; at++) step(loss, at);
  return loss;
};

const resumed = batchLossCheck(
  'what it remembers is saved: stopped and loaded elsewhere, the same bits follow',
  async (create) => {
    const whole = await stopped(create);
    const [save, load] = [whole.save?.bind(whole), whole.load?.bind(whole)];
    demand(
      (save === undefined) === (load === undefined),
      'both save and load, or neither',
      () => `only ${save ? 'save' : 'load'}`,
    );
    const saved = save?.();
    if (saved) demandStateArrays(saved);
    const wanted = rest(whole);
    const fresh = await create();
    if (saved) fresh.load!(saved);
    demandEqual(saved ? 'after load' : 'without save and load, from a fresh instance', rest(fresh), wanted);
    if (!saved) return;
    demandSameState(fresh.save!(), whole.save!());
    const used = await create();
    step(used, 4);
    used.load!(saved);
    demandEqual('loaded into an instance that has a memory of its own', rest(used), wanted);
    const [begun, other] = [await create(), await create()];
    begun.load!(other.save!());
    demandEqual('saved and loaded before the first step', bits(step(begun, 0)), bits(step(other, 0)));
  },
);

const copies = batchLossCheck('saved arrays are copies, and loaded ones are copied', async (create) => {
  const loss = await stopped(create);
  const saved = loss.save?.();
  if (!saved) return;
  const before: StateArrays = copyOf(saved);
  const wanted = rest(loss);
  demandSameState(saved, before);
  const other = await create();
  other.load?.(saved);
  scribbleOver(saved);
  demandEqual('after what was loaded is overwritten', rest(other), wanted);
});

export const batchLossMemoryChecks: readonly Check<'loss'>[] = [leaks, untouched, deterministic, resumed, copies];
