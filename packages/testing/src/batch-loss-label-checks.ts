/** What a batch loss makes of the labels of a batch: of unknown entries, of empty classes and rows, of soft targets, of their order. */
import { selectRows, type BatchLoss, type SparseLabels } from '@counterweight/core';

import { batchLossCheck, batchTrial, demandFinite, oneClass, oneClassStatistics } from './batch-loss-check.js';
import {
  fullLabels,
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
import { FLOAT32, SUM } from './loss-tensor-check.js';

const unknown = batchLossCheck(
  'unknown entries change nothing, whatever logit stands there, and get no gradient',
  async (create) => {
    for (const labels of [maskedLabels, listedLabels, unknownLabels]) {
      const logits = logitsFor(labels);
      const targets = targetsOf(labels);
      const clean = batchTrial({ loss: await create(), logits, labels });
      targets.forEach((y, i) => {
        if (y === null) demand(clean.gradient[i] === 0, `gradient[${i}] = 0: unknown`, () => `${clean.gradient[i]}`);
      });
      for (const other of [-3, 80, -1e30, Infinity, NaN]) {
        const spoilt = batchTrial({
          loss: await create(),
          logits: logits.map((z, i) => (targets[i] === null ? other : z)),
          labels,
        });
        demandEqual(`the loss with ${other} at unknown entries`, [spoilt.value], [clean.value]);
        demandEqual(`the gradient with ${other} at unknown entries`, spoilt.gradient, clean.gradient);
      }
    }
  },
);

/** Batches in which something is missing. */
const SPARSE: Readonly<Record<string, SparseLabels>> = {
  'a class without positives': hardLabels,
  'one row': selectRows(hardLabels, Int32Array.of(3)),
  'one row without positives': selectRows(hardLabels, Int32Array.of(4)),
  'no positives at all': selectRows(hardLabels, Int32Array.of(4, 4, 4)),
  'nothing but positives': fullLabels,
  'some rows unknown': maskedLabels,
  'nothing known': unknownLabels,
};

const emptied = batchLossCheck(
  'batches of one row, of one class, without positives, of positives only and without anything known are fine',
  async (create) => {
    for (const [name, labels] of Object.entries(SPARSE))
      demandFinite(`with ${name}`, batchTrial({ loss: await create(), logits: logitsFor(labels), labels }));
    const loss = await create(oneClassStatistics);
    demandFinite('with one class', batchTrial({ loss, logits: logitsFor(oneClass), labels: oneClass }));
  },
);

const soft = batchLossCheck('soft targets count, or the loss declares that it takes none', async (create) => {
  if ((await create()).softTargets === false) return;
  const logits = logitsFor(hardLabels);
  const at = async (labels: SparseLabels) => batchTrial({ loss: await create(), logits, labels });
  const hard = await at(hardLabels);
  const whole = await at(softLabels(1));
  demandEqual(
    'loss and gradient at soft targets of 1',
    [whole.value, ...whole.gradient],
    [hard.value, ...hard.gradient],
  );
  const some = await at(softLabels(0.3));
  demandFinite('at targets of 0.3', some);
  demand(
    some.value !== hard.value || some.gradient.some((slope, i) => slope !== hard.gradient[i]),
    'another loss at targets of 0.3 than at 1, or `softTargets: false`',
    () => `${some.value} at both`,
  );
});

const order = batchLossCheck('the order of the rows changes nothing', async (create) => {
  const rows = [5, 2, 7, 0, 3, 6, 1, 4];
  for (const labels of [hardLabels, maskedLabels]) {
    const logits = logitsFor(labels);
    // What it may remember, it remembers of examples, not of rows.
    const used = async (): Promise<BatchLoss> => {
      const loss = await create();
      batchTrial({ loss, logits, labels });
      return loss;
    };
    const straight = batchTrial({ loss: await used(), logits, labels });
    const mixed = batchTrial({
      loss: await used(),
      logits: permuteRows(logits, rows),
      labels,
      examples: Int32Array.from(rows),
    });
    demandClose('the loss', [mixed.value], [straight.value], SUM);
    demandClose('the gradient of each row', mixed.gradient, permuteRows(straight.gradient, rows), FLOAT32);
  }
});

export const batchLossLabelChecks: readonly Check<'loss'>[] = [unknown, emptied, soft, order];
