/** The topic losses: values and gradients of elementwise losses in training and in float64, their curves, weight rules. */
import {
  evaluateCurves,
  LOGIT,
  weighted,
  z,
  type ClassWeights,
  type ElementwiseLoss,
  type LabelStatistics,
} from '@counterweight/core';
import { createLoss, trial, type ReferenceAdapter } from '@counterweight/testing';

import { agree, FLOAT32, FLOAT64, Mismatch } from './agreement.js';
import { kind, parameters } from './case.js';
import { bits, counts, flat, labelsOf, matrix, rowsOf, shapeOf, statisticsOf, targets, vector } from './matrices.js';
import type { Tally } from './tally.js';

const number = z.number();
const named = z.looseObject({ loss: z.string() });

const file = z.looseObject({
  inputs: z.record(z.string(), z.strictObject({ logits: matrix, targets, mask: bits, counts, total: z.int().min(2) })),
  elementwise: z.array(named.extend({ id: z.string().optional() })),
  curves: z.strictObject({ logits: vector, cases: z.array(named) }),
  weights: z.array(z.looseObject({ rule: z.string() })),
});
type Input = z.output<typeof file>['inputs'][string];

const elementwiseCase = z.strictObject({
  id: z.string(),
  kind,
  loss: z.string(),
  input: z.string(),
  params: parameters,
  expected: z.strictObject({ elementwise: matrix, sum: number, mean: number, batch: number, gradientOfSum: matrix }),
});
const curveCase = z.strictObject({
  kind,
  loss: z.string(),
  params: parameters,
  l1: vector,
  g1: vector,
  l0: vector,
  g0: vector,
});

export async function checkLosses(content: unknown, adapter: ReferenceAdapter, tally: Tally): Promise<void> {
  const { inputs, elementwise, curves, weights, ...others } = file.parse(content);
  const losses = adapter.losses ?? {};
  for (const [i, entry] of elementwise.entries()) {
    if (!(entry.loss in losses)) tally.skip(`elementwise ${entry.loss}`);
    else
      await tally.attempt(`elementwise ${entry.loss}`, `case ${i} (${entry.id ?? 'without id'})`, async () => {
        const given = elementwiseCase.parse(entry);
        const input = inputs[given.input];
        if (!input) throw new Mismatch(`the input ${given.input} is missing`);
        await checkElementwise(given, input, adapter);
      });
  }
  for (const [i, entry] of curves.cases.entries()) {
    if (!(entry.loss in losses)) tally.skip(`curves ${entry.loss}`);
    else
      await tally.attempt(`curves ${entry.loss}`, `case ${i}`, () =>
        checkCurves(curveCase.parse(entry), curves.logits, adapter),
      );
  }
  for (const [i, entry] of weights.entries()) {
    if (!(entry.rule in (adapter.weightRules ?? {}))) tally.skip(`weights ${entry.rule}`);
    else await tally.attempt(`weights ${entry.rule}`, `case ${i}`, () => checkWeights(entry, adapter));
  }
  for (const section of ['batch', 'soap'])
    for (const { loss } of z.array(named).parse(others[section] ?? [])) tally.skip(`${section} ${loss}`);
}

/** A loss of the reference as it would be trained: its plugin, and core's weights on its curves. */
export async function referenceLoss(
  { loss, params }: { readonly loss: string; readonly params: unknown },
  adapter: ReferenceAdapter,
  statistics: LabelStatistics,
): Promise<ElementwiseLoss> {
  const classes = statistics.positives.length;
  const { plugin, options, weights = {} } = adapter.losses![loss]!(params);
  const perClass = Object.entries(weights).flatMap(([side, w]) => {
    if (w === undefined) return [];
    const values = typeof w === 'number' ? new Float64Array(classes).fill(w) : Float64Array.from(w);
    if (values.length !== classes) throw new Mismatch(`weights of ${values.length} classes for ${classes}`);
    return [[side, values]];
  });
  return weighted(await createLoss(plugin, options, statistics), Object.fromEntries(perClass) as ClassWeights);
}

/** Losses whose relative accuracy in the far tails is asked for (the files' "stability level"). */
const STABLE = ['bce', 'focal', 'asl', 'poly1', 'logitAdjusted'];

async function checkElementwise(
  given: z.output<typeof elementwiseCase>,
  input: Input,
  adapter: ReferenceAdapter,
): Promise<void> {
  const { expected } = given;
  const columns = input.counts.length;
  if (input.counts.some((n) => n > input.total)) throw new Mismatch('more positives than examples in input.counts');
  const known = input.mask.flat().filter((m) => m === 1).length;
  for (const part of ['logits', 'targets', 'mask'] as const)
    agree(`input.${part}: rows, columns`, shapeOf(input[part]), [input.logits.length, columns], FLOAT64);
  const loss = await referenceLoss(given, adapter, statisticsOf(input.counts, input.total));
  const logits = flat(input.logits);

  for (const unlisted of known < logits.length ? (['negative', 'unknown'] as const) : (['negative'] as const)) {
    const labels = labelsOf(input.targets, input.mask, unlisted);
    const run = (reduction: 'sum' | 'mean' | 'batch') => trial({ loss, logits, labels, reduction });
    const { losses, gradient, value } = run('sum');
    agree('elementwise', rowsOf(losses, columns), expected.elementwise, FLOAT32);
    agree('gradientOfSum', rowsOf(gradient, columns), expected.gradientOfSum, FLOAT32);
    agree('sum', value, expected.sum, FLOAT32);
    for (const [reduction, divisor] of [
      ['mean', known],
      ['batch', input.logits.length],
    ] as const) {
      const reduced = run(reduction);
      agree(reduction, reduced.value, expected[reduction], FLOAT32);
      const scaled = reduced.gradient.map((g) => g * divisor);
      agree(`gradient of ${reduction}, times ${divisor}`, rowsOf(scaled, columns), expected.gradientOfSum, FLOAT32);
    }
    if (given.input === 'extreme' && STABLE.includes(given.loss)) {
      agreeInTails('elementwise', losses, expected.elementwise.flat());
      agreeInTails('gradientOfSum', gradient, expected.gradientOfSum.flat());
    }
  }
  if (loss.entryWeights) return;
  const at = evaluateCurves(
    loss.curves(LOGIT, { epoch: 1 }),
    logits,
    logits.map((_, i) => i % columns),
  );
  const [ys, mask] = [input.targets.flat(), input.mask.flat()];
  const mixed = (one: Float64Array, zero: Float64Array) =>
    rowsOf(
      logits.map((_, i) => (mask[i] === 1 ? ys[i]! * one[i]! + (1 - ys[i]!) * zero[i]! : 0)),
      columns,
    );
  agree('elementwise in float64', mixed(at.positive, at.negative), expected.elementwise, FLOAT64);
  agree('gradientOfSum in float64', mixed(at.positiveSlope, at.negativeSlope), expected.gradientOfSum, FLOAT64);
}

function agreeInTails(path: string, got: ArrayLike<number>, want: readonly number[]): void {
  want.forEach((w, i) => {
    if (Math.abs(w) > 1e-30) agree(`${path} in the tails, entry ${i}`, got[i], w, { absolute: 0, relative: 1e-4 });
  });
}

async function checkCurves(
  given: z.output<typeof curveCase>,
  logits: readonly number[],
  adapter: ReferenceAdapter,
): Promise<void> {
  const loss = await referenceLoss(given, adapter, statisticsOf([1], 2));
  const grid = Float64Array.from(logits);
  const exact = evaluateCurves(loss.curves(LOGIT, { epoch: 1 }), grid);
  agree('l1', exact.positive, given.l1, FLOAT64);
  agree('g1', exact.positiveSlope, given.g1, FLOAT64);
  agree('l0', exact.negative, given.l0, FLOAT64);
  agree('g0', exact.negativeSlope, given.g0, FLOAT64);

  for (const [target, l, g] of [
    [1, 'l1', 'g1'],
    [0, 'l0', 'g0'],
  ] as const) {
    const labels = labelsOf(logits.map(() => [target]));
    const { losses, gradient } = trial({ loss, logits: grid, labels });
    agree(`${l} on tensors`, losses, given[l], FLOAT32);
    agree(`${g} on tensors`, gradient, given[g], FLOAT32);
    if (!STABLE.includes(given.loss)) continue;
    agreeInTails(`${l} on tensors`, losses, given[l]);
    agreeInTails(`${g} on tensors`, gradient, given[g]);
  }
}

const weightCase = z.looseObject({ kind, rule: z.string(), options: parameters, counts, total: z.int().min(2) });

function checkWeights(entry: unknown, adapter: ReferenceAdapter): void {
  const { kind: _, rule, options, counts: positives, total, ...expected } = weightCase.parse(entry);
  agree(
    'weights',
    adapter.weightRules![rule]!(options, { positives: Float64Array.from(positives), total }),
    expected,
    FLOAT64,
  );
}
