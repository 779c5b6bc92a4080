/** What an elementwise loss makes of a batch: of unknown entries, of weights and soft targets, of empty ones, of row order. */
import { selectRows, weighted } from '@counterweight/core';

import {
  COLUMNS,
  hardLabels,
  listedLabels,
  logitsFor,
  maskedLabels,
  permuteRows,
  softLabels,
  targetsOf,
  unknownLabels,
} from './batches.js';
import { demand, demandClose, demandEqual, type Check } from './check.js';
import { FLOAT32, SUM, sum, tensorCheck } from './loss-tensor-check.js';
import { trial } from './trial.js';

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
    demand(Number.isFinite(clean.value), 'a finite mean', () => `${clean.value}`);
    demandClose(
      'the mean over known entries',
      [clean.value],
      [sum(clean.losses) / targets.filter((y) => y !== null).length],
      SUM,
    );
    const others = [0, 1, 3, 4, 5, 6, 7]; // of row 2 nothing is known
    const pick = <T extends Float32Array | Float64Array>(matrix: T): T =>
      matrix.filter((_, i) => others.includes(Math.floor(i / COLUMNS))) as T;
    const without = trial({
      loss,
      logits: pick(logits),
      labels: selectRows(labels, Int32Array.from(others)),
      reduction: 'mean',
    });
    demandClose('the mean without an unknown row', [without.value], [clean.value], SUM);
    demandClose('the gradient without an unknown row', without.gradient, pick(clean.gradient), FLOAT32);
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

export const lossLabelChecks: readonly Check<'loss'>[] = [masks, emptied, weights, linear, order];
