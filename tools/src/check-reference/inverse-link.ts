/** The topic calibration, as far as it follows from a loss's slopes: the inverse link, the output bias, weights in both directions. */
import { checkMonotone, inverseLink, LOGIT, outputBias, sigmoid, z } from '@counterweight/core';
import type { ReferenceAdapter } from '@counterweight/testing';

import { agree, FLOAT64, FLOAT64_SUM } from './agreement.js';
import { kind, parameters } from './case.js';
import { referenceLoss } from './losses.js';
import { matrix, statisticsOf, vector } from './matrices.js';
import type { Tally } from './tally.js';

const numbers = z.array(z.union([z.number(), z.string(), z.null()]));
const linkCase = z.strictObject({
  kind,
  loss: z.string(),
  params: parameters,
  calibratedLogit: numbers,
  calibratedProbability: vector,
  monotoneOnMinus20To20: z.boolean(),
  rawLogitAt: numbers,
  rawProbabilityAt: numbers,
});
const file = z.looseObject({
  inverseLink: z.strictObject({
    logits: vector,
    calibrated: vector,
    cases: z.array(z.looseObject({ loss: z.string() })),
  }),
  posWeightTable: z
    .strictObject({ kind, probability: vector, posWeight: z.array(z.number().positive()), raw: matrix })
    .refine(({ posWeight, raw }) => raw.length === posWeight.length, { error: 'a row of raw for every posWeight' }),
});

export async function checkCalibration(content: unknown, adapter: ReferenceAdapter, tally: Tally): Promise<void> {
  const { inverseLink: link, posWeightTable: table, ...others } = file.parse(content);
  for (const [i, entry] of link.cases.entries()) {
    if (!(entry.loss in (adapter.losses ?? {}))) tally.skip(`inverseLink ${entry.loss}`);
    else
      await tally.attempt(`inverseLink ${entry.loss}`, `case ${i}`, () =>
        checkLink(linkCase.parse(entry), link.logits, link.calibrated, adapter),
      );
  }
  if (adapter.losses && 'bce' in adapter.losses)
    for (const [i, posWeight] of table.posWeight.entries())
      await tally.attempt('posWeightTable', `posWeight ${posWeight}`, async () => {
        const raw = await rawProbabilities({ loss: 'bce', params: { posWeight } }, table.probability, adapter);
        agree('raw', raw.map(sigmoid), table.raw[i], { absolute: 1e-12, relative: 1e-9 });
      });
  else tally.skip('posWeightTable');
  for (const fits of z.array(z.looseObject({})).parse(others['fits'] ?? []))
    for (const method of ['biasShift', 'platt', 'temperature', 'isotonic', 'thresholds'])
      if (method in fits) tally.skip(`fits ${method}`);
}

/** How far `outputBias` searches. */
const REACH = 30;

async function checkLink(
  given: z.output<typeof linkCase>,
  logits: readonly number[],
  calibrated: readonly number[],
  adapter: ReferenceAdapter,
): Promise<void> {
  const loss = await referenceLoss(given, adapter, statisticsOf([1], 2));
  const curves = loss.curves(LOGIT, { epoch: 1 });
  const link = inverseLink(curves, Float64Array.from(logits));
  agree('calibratedLogit', link, given.calibratedLogit, FLOAT64_SUM);
  agree('calibratedProbability', link.map(sigmoid), given.calibratedProbability, FLOAT64);
  agree('monotoneOnMinus20To20', rises(curves), given.monotoneOnMinus20To20, FLOAT64);
  const raw = await rawProbabilities(given, calibrated, adapter);
  agree(
    'rawLogitAt',
    raw.map((z) => (Math.abs(z) > REACH - 1e-6 ? NaN : z)),
    given.rawLogitAt,
    FLOAT64_SUM,
  );
  agree(
    'rawProbabilityAt',
    raw.map((z) => (Math.abs(z) > REACH - 1e-6 ? NaN : sigmoid(z))),
    given.rawProbabilityAt,
    FLOAT64,
  );
}

/** Raw logits at which a loss puts probabilities. */
async function rawProbabilities(
  which: { readonly loss: string; readonly params: unknown },
  probabilities: readonly number[],
  adapter: ReferenceAdapter,
): Promise<Float64Array> {
  const logits: number[] = [];
  for (const probability of probabilities)
    logits.push(
      outputBias(await referenceLoss(which, adapter, statisticsOf([1], 2)), Float64Array.of(probability))[0]!,
    );
  return Float64Array.from(logits);
}

function rises(curves: Parameters<typeof checkMonotone>[0]): boolean {
  try {
    checkMonotone(curves, Int32Array.of(0));
    return true;
  } catch {
    return false;
  }
}
