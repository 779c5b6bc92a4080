/** What an elementwise loss must do in training: through the trainer's objective, on tensors. */
import * as tf from '@tensorflow/tfjs-core';

import {
  evaluateCurves,
  LOGIT,
  logit,
  outputBias,
  selectRows,
  sparseLabels,
  weighted,
  type AnyPlugin,
  type ElementwiseLoss,
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
  permuteRows,
  softLabels,
  STATISTICS,
  targetsOf,
  unknownLabels,
} from './batches.js';
import { demand, demandClose, demandEqual, type Check } from './check.js';
import { createLoss } from './create.js';
import { trial } from './trial.js';

/** float32 against float64. */
const FLOAT32 = { absolute: 1e-6, relative: 1e-5 };
/** Sums of some forty entries. */
const SUM = { absolute: 4e-5, relative: 4e-5 };

const tensorCheck = (name: string, holds: (loss: ElementwiseLoss) => void): Check<'loss'> => ({
  name,
  run: async (plugin: AnyPlugin<'loss'>, options: unknown = {}) => {
    await ensureBackend();
    holds(await createLoss(plugin, options, STATISTICS));
  },
});

const sum = (numbers: ArrayLike<number>): number => Array.from(numbers).reduce((a, b) => a + b, 0);

/** Loss and slope of every entry in float64, 0 where unknown; without `entryWeights`, which are tensors. */
function exact(loss: ElementwiseLoss, logits: Float64Array, labels: SparseLabels, epoch = 1) {
  const columns = logits.map((_, i) => i % labels.columns);
  const at = evaluateCurves(loss.curves(LOGIT, { epoch }), logits, columns);
  const mix = (one: Float64Array, zero: Float64Array): Float64Array =>
    Float64Array.from(targetsOf(labels), (y, i) => (y === null ? 0 : y * one[i]! + (1 - y) * zero[i]!));
  return { losses: mix(at.positive, at.negative), slopes: mix(at.positiveSlope, at.negativeSlope) };
}

const agreement = tensorCheck('tensors agree with JavaScript', (loss) => {
  const bare: ElementwiseLoss = { kind: 'elementwise', curves: (z, time) => loss.curves(z, time) };
  for (const labels of [hardLabels, maskedLabels, listedLabels]) {
    const logits = logitsFor(labels);
    const want = exact(loss, logits, labels);
    const got = trial({ loss: bare, logits, labels });
    demandClose('losses', got.losses, want.losses, FLOAT32);
    demandClose('gradient', got.gradient, want.slopes, FLOAT32);
    demandClose('sum', [got.value], [sum(want.losses)], SUM);
  }
});

const tails = tensorCheck('tails are finite in float32: logits of ±80 and ±85', (loss) => {
  const extreme = [-85, -80, 80, 85];
  const logits = Float64Array.from({ length: 8 * COLUMNS }, (_, i) => extreme[Math.floor(i / COLUMNS) % 4]!);
  const positives = Array.from({ length: 4 * COLUMNS }, (_, i) => i % COLUMNS);
  const labels = sparseLabels({
    rows: 8,
    columns: COLUMNS,
    positives: {
      offsets: Uint32Array.from({ length: 9 }, (_, row) => COLUMNS * Math.min(row, 4)),
      classes: Uint16Array.from(positives),
    },
  });
  const { losses, gradient } = trial({ loss, logits, labels });
  for (const [what, numbers] of Object.entries({ losses, gradient }))
    numbers.forEach((x, i) =>
      demand(
        Number.isFinite(x),
        `a finite ${what} at logit ${logits[i]}, ${i < 4 * COLUMNS ? 'positive' : 'negative'}`,
        () => `${x}`,
      ),
    );
});

const masks = tensorCheck('unknown entries count nothing, also under a logit that is NaN', (loss) => {
  for (const labels of [maskedLabels, listedLabels]) {
    const logits = logitsFor(labels);
    const targets = targetsOf(labels);
    const clean = trial({ loss, logits, labels, reduction: 'mean' });
    const spoilt = trial({
      loss,
      logits: logits.map((z, i) => (targets[i] === null ? NaN : z)),
      labels,
      reduction: 'mean',
    });
    demandEqual('the mean with NaN at unknown entries', [spoilt.value], [clean.value]);
    demandEqual('the gradient with NaN at unknown entries', spoilt.gradient, clean.gradient);
    targets.forEach((y, i) => {
      if (y === null) demand(clean.gradient[i] === 0, `gradient[${i}] = 0: unknown`, () => `${clean.gradient[i]}`);
    });
    demandClose(
      'the mean over known entries',
      [clean.value],
      [sum(clean.losses) / targets.filter((y) => y !== null).length],
      SUM,
    );
  }
});

const emptied = tensorCheck('batches without positives, of one row and without anything known are fine', (loss) => {
  const one = selectRows(hardLabels, Int32Array.of(3));
  const bare = selectRows(hardLabels, Int32Array.of(4));
  for (const labels of [one, bare, unknownLabels]) {
    const { value, gradient } = trial({ loss, logits: logitsFor(labels), labels, reduction: 'mean' });
    demand(Number.isFinite(value), 'a finite loss', () => `${value}`);
    gradient.forEach((x) => demand(Number.isFinite(x), 'a finite gradient', () => `${x}`));
    if (labels === unknownLabels)
      demandEqual('loss and gradient with nothing known', [value, ...gradient], [0, ...gradient.map(() => 0)]);
  }
});

const weights = tensorCheck('class weights scale value and gradient', (loss) => {
  const positive = Float64Array.of(3, 3, 3, 5, 3);
  const negative = Float64Array.of(0.25, 0.25, 0.5, 0.25, 0.25);
  const both = Float64Array.of(2, 2, 2, 2, 1.5);
  const logits = logitsFor(hardLabels);
  const plain = trial({ loss, logits, labels: hardLabels });
  const heavy = trial({ loss: weighted(loss, { positive, negative, class: both }), logits, labels: hardLabels });
  const factors = targetsOf(hardLabels).map(
    (y, i) => both[i % COLUMNS]! * (y === 1 ? positive : negative)[i % COLUMNS]!,
  );
  demandClose(
    'weighted losses',
    heavy.losses,
    plain.losses.map((x, i) => x * factors[i]!),
    FLOAT32,
  );
  demandClose(
    'weighted gradient',
    heavy.gradient,
    plain.gradient.map((x, i) => x * factors[i]!),
    FLOAT32,
  );
});

const linear = tensorCheck('the loss is linear in the target', (loss) => {
  if (loss.softTargets === false) return;
  const logits = logitsFor(hardLabels);
  const at = [0.25, 0.5, 1].map((y) => trial({ loss, logits, labels: softLabels(y) }));
  for (const what of ['losses', 'gradient'] as const) {
    const [quarter, half, whole] = at.map((result) => result[what]) as [Float32Array, Float32Array, Float32Array];
    demandClose(
      `${what} at targets of ½ from those at ¼ and 1`,
      half,
      quarter.map((x, i) => x + (whole[i]! - x) / 3),
      FLOAT32,
    );
  }
});

const order = tensorCheck('the order of the rows changes nothing', (loss) => {
  const rows = [5, 2, 7, 0, 3, 6, 1, 4];
  for (const labels of [hardLabels, maskedLabels]) {
    const logits = logitsFor(labels);
    const straight = trial({ loss, logits, labels });
    const mixed = trial({ loss, logits: permuteRows(logits, rows), labels: selectRows(labels, Int32Array.from(rows)) });
    demandClose('the sum', [mixed.value], [straight.value], SUM);
    demandClose('the gradient of each row', mixed.gradient, permuteRows(straight.gradient, rows), FLOAT32);
  }
});

const PRIORS = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

const optimum = tensorCheck('a constant predictor comes to rest where its calibrated value is the prior', (loss) => {
  if (loss.link === 'none' || loss.link === 'start') return;
  for (const prior of PRIORS) {
    const biases = outputBias(loss, new Float64Array(COLUMNS).fill(prior));
    if (biases.some((b) => Math.abs(b) > 29)) continue; // a link with a ceiling does not reach every prior
    const rows = 20;
    const positive = Math.round(rows * prior);
    const labels = sparseLabels({
      rows,
      columns: COLUMNS,
      positives: {
        offsets: Uint32Array.from({ length: rows + 1 }, (_, row) => COLUMNS * Math.min(row, positive)),
        classes: Uint16Array.from({ length: positive * COLUMNS }, (_, i) => i % COLUMNS),
      },
    });
    const pull = (shift: number) => {
      const logits = Float64Array.from({ length: rows * COLUMNS }, (_, i) => biases[i % COLUMNS]! + shift);
      const { gradient } = trial({ loss, logits, labels, epoch: 0 });
      return biases.map((_, c) => {
        const column = gradient.filter((_, i) => i % COLUMNS === c);
        return sum(column) / sum(column.map(Math.abs));
      });
    };
    const [below, there, above] = [pull(-0.5), pull(0), pull(0.5)];
    biases.forEach((bias, c) =>
      demand(
        below[c]! < 0 && Math.abs(there[c]!) < 1e-4 && above[c]! > 0,
        `rest at ${bias.toFixed(3)} for a prior of ${prior} (logit ${logit(prior).toFixed(3)}), class ${c}`,
        () => `a pull of ${below[c]} half a unit below, ${there[c]} there, ${above[c]} half a unit above`,
      ),
    );
  }
});

const leaks = tensorCheck('no tensor is left behind', (loss) => {
  for (const labels of [hardLabels, maskedLabels]) {
    const logits = logitsFor(labels);
    const before = tf.memory().numTensors;
    trial({ loss, logits, labels });
    const left = tf.memory().numTensors - before;
    demand(left === 0, 'as many tensors after a batch as before', () => `${left} more`);
  }
});

const untouched = tensorCheck('the labels of a batch are not changed', (loss) => {
  const batch = batchLabels(
    maskedLabels,
    Int32Array.from({ length: maskedLabels.rows }, (_, row) => row),
    1,
  );
  const before = targetsOf(batch.labels).map(Number);
  tf.tidy(() => {
    loss.entryWeights?.(batch);
  });
  demandEqual('targets', targetsOf(batch.labels).map(Number), before);
  batch.dispose();
});

const deterministic = tensorCheck('the same batch gives the same bits', (loss) => {
  const logits = logitsFor(hardLabels);
  const [first, second] = [0, 1].map(() => trial({ loss, logits, labels: hardLabels }));
  demandEqual('the loss, again', [second!.value], [first!.value]);
  demandEqual('the gradient, again', second!.gradient, first!.gradient);
});

export const tensorChecks: readonly Check<'loss'>[] = [
  agreement,
  tails,
  masks,
  emptied,
  weights,
  linear,
  order,
  optimum,
  leaks,
  untouched,
  deterministic,
];
