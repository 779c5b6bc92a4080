/** What an elementwise loss must do in training: through the trainer's objective, on tensors. */
import {
  evaluateCurves,
  LOGIT,
  logit,
  outputBias,
  sparseLabels,
  type ElementwiseLoss,
  type SparseLabels,
} from '@counterweight/core';

import { COLUMNS, hardLabels, listedLabels, logitsFor, maskedLabels, targetsOf } from './batches.js';
import { demand, demandClose, type Check } from './check.js';
import { EPOCHS, FLOAT32, SUM, sum, tensorCheck } from './loss-tensor-check.js';
import { trial } from './trial.js';

/** Loss and slope of every entry in float64, 0 where unknown; without `entryWeights`, which are tensors. */
function exact(loss: ElementwiseLoss, logits: Float64Array, labels: SparseLabels, epoch: number) {
  const columns = logits.map((_, i) => i % labels.columns);
  const at = evaluateCurves(loss.curves(LOGIT, { epoch }), logits, columns);
  const mix = (one: Float64Array, zero: Float64Array): Float64Array =>
    Float64Array.from(targetsOf(labels), (y, i) => (y === null ? 0 : y * one[i]! + (1 - y) * zero[i]!));
  return { losses: mix(at.positive, at.negative), slopes: mix(at.positiveSlope, at.negativeSlope) };
}

const agreement = tensorCheck('tensors agree with JavaScript', (loss) => {
  const bare: ElementwiseLoss = { kind: 'elementwise', curves: (z, time) => loss.curves(z, time) };
  for (const labels of [hardLabels, maskedLabels, listedLabels])
    for (const epoch of EPOCHS) {
      const logits = logitsFor(labels);
      const want = exact(loss, logits, labels, epoch);
      const got = trial({ loss: bare, logits, labels, epoch });
      demandClose(`losses of epoch ${epoch}`, got.losses, want.losses, FLOAT32);
      demandClose(`gradient of epoch ${epoch}`, got.gradient, want.slopes, FLOAT32);
      demandClose(`sum of epoch ${epoch}`, [got.value], [sum(want.losses)], SUM);
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
  for (const epoch of EPOCHS) {
    const { losses, gradient } = trial({ loss, logits, labels, epoch });
    for (const [what, numbers] of Object.entries({ losses, gradient }))
      numbers.forEach((x, i) =>
        demand(
          Number.isFinite(x),
          `a finite ${what} at logit ${logits[i]}, ${i < 4 * COLUMNS ? 'positive' : 'negative'}, epoch ${epoch}`,
          () => `${x}`,
        ),
      );
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

export const tensorChecks: readonly Check<'loss'>[] = [agreement, tails, optimum];
