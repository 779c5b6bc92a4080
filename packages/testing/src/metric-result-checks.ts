/** What the result of a metric must be, whatever the split looks like. */
import {
  DATASET,
  isCounterweightError,
  LABEL_STATISTICS,
  labelsFromRows,
  type Evaluation,
  type MetricResult,
} from '@counterweight/core';

import { COLUMNS, targetsOf, unknownLabels } from './batches.js';
import { demand, demandEqual } from './check.js';
import { demandIdentical, demandNames, measure, metricCheck } from './metric-check.js';
import {
  evaluationOf,
  few,
  INCLUDED,
  known,
  logitsOf,
  partly,
  THRESHOLDS,
  withRows,
  withTarget,
} from './metric-evaluations.js';
import { tinyDataset } from './tiny-dataset.js';

const everyClass = Array.from({ length: COLUMNS }, (_, c) => c);

/** What a split may look like, in words. */
function splits(): Readonly<Record<string, Evaluation>> {
  const labels = known();
  const values = logitsOf(labels);
  return {
    'a thousand rows': evaluationOf(labels, values),
    'nine rows': evaluationOf(few()),
    'one row': withRows(evaluationOf(few()), logitsOf(few()), [3]),
    'nothing but positives': evaluationOf(labelsFromRows([everyClass, everyClass, everyClass, everyClass], COLUMNS)),
    'nothing but negatives': evaluationOf(labelsFromRows([[], [], [], []], COLUMNS)),
    'unknown entries': evaluationOf(partly()),
    'nothing known': evaluationOf(unknownLabels),
    'soft targets': evaluationOf(withTarget(labels, 0.75), values),
    'soft targets below a half': evaluationOf(withTarget(labels, 0.25), values),
    'scores that are all equal': evaluationOf(labels, new Float32Array(values.length)),
    'a class left out': evaluationOf(labels, values, { included: INCLUDED }),
    'every class left out': evaluationOf(labels, values, { included: new Uint8Array(COLUMNS) }),
    'a threshold for each class': evaluationOf(labels, values, { thresholds: THRESHOLDS }),
    'a threshold that nothing reaches': evaluationOf(labels, values, { threshold: 1 }),
  };
}

function demandValid(what: string, { values, perClass = {} }: MetricResult, classes: number): void {
  for (const [name, value] of Object.entries(values))
    demand(value === null || Number.isFinite(value), `${what}: ${name} is a finite number or null`, () => `${value}`);
  for (const [name, numbers] of Object.entries(perClass)) {
    const found = `${numbers[Symbol.toStringTag]} of ${numbers.length}`;
    demand(
      found === `Float64Array of ${classes}`,
      `${what}: perClass.${name} is a Float64Array of ${classes}`,
      () => found,
    );
    numbers.forEach((value, c) =>
      demand(!(Math.abs(value) === Infinity), `${what}: perClass.${name}[${c}] is finite or NaN`, () => `${value}`),
    );
  }
}

const valid = metricCheck(
  'values are finite or null, a number per class finite or NaN, on any split',
  async (metric) => {
    const { needs } = metric;
    demand(
      ['ranking', 'probability', 'decision'].includes(needs),
      'needs: ranking, probability or decision',
      () => needs,
    );
    for (const [what, evaluation] of Object.entries(splits()))
      demandValid(what, await measure(metric, evaluation, what), COLUMNS);
  },
);

const names = metricCheck('results have the same names on every split', async (metric) => {
  const first = await measure(metric, evaluationOf(known()), 'a thousand rows');
  demand(Object.keys(first.values).length > 0, 'a value that has a name', () => 'none');
  for (const [what, evaluation] of Object.entries(splits())) {
    const { values, perClass } = await measure(metric, evaluation, what);
    demandNames(`${what}, values`, values, first.values);
    demandNames(`${what}, perClass`, perClass, first.perClass);
  }
});

const single = metricCheck('one class is enough, or refused by an error that says so', async (_, another) => {
  const labels = labelsFromRows([[0], [], [0], []], 1);
  const evaluation = evaluationOf(labels);
  const dataset = { ...tinyDataset(), classes: ['the only one'], labels };
  try {
    const metric = await another([
      [DATASET, dataset],
      [LABEL_STATISTICS, evaluation.training],
    ]);
    demandValid('one class', await metric.compute(evaluation), 1);
  } catch (error) {
    if (!isCounterweightError(error))
      demand(false, 'one class: a result, or an error of defineErrors', () => String(error));
    if (error.code === 'check-failed') throw error;
  }
});

const pure = metricCheck(
  'the same evaluation gives the same bits, whatever was measured in between',
  async (metric, another) => {
    const labels = known();
    const values = logitsOf(labels);
    const whole = (): Evaluation => evaluationOf(labels, values);
    const others: Readonly<Record<string, () => Evaluation>> = {
      'other scores': () => evaluationOf(labels, logitsOf(labels, { seed: 6 })),
      'other labels': () => evaluationOf(partly(), values),
      'another threshold': () => ({ ...whole(), threshold: 0.9 }),
      'a class left out': () => ({ ...whole(), included: INCLUDED }),
    };
    /** By an instance that has not seen any of these objects. */
    const fresh = async (evaluation: Evaluation, what: string): Promise<MetricResult> =>
      measure(await another(), { ...evaluation, labels: { ...evaluation.labels } }, what);
    const first = await fresh(whole(), 'a split');
    for (const [what, evaluation] of Object.entries(others)) {
      const want = await fresh(evaluation(), what);
      demandIdentical(`a split, before ${what}`, await measure(metric, whole(), 'a split'), first);
      demandIdentical(`${what}, after another split`, await measure(metric, evaluation(), what), want);
      demandIdentical(`a split, after ${what}`, await measure(metric, whole(), 'a split'), first);
    }
    const two = [whole(), others['other labels']!()];
    const [beside] = await Promise.all(two.map((one) => measure(metric, one, 'two at once')));
    demandIdentical('a split, measured beside another', beside!, first);
  },
);

const untouched = metricCheck('scores, labels, statistics and limits stay as they are', async (metric) => {
  const values = logitsOf(partly());
  const evaluation = evaluationOf(partly(), values, { included: INCLUDED.slice(), thresholds: THRESHOLDS.slice() });
  const arrays = (): number[][] => {
    const { labels, training, included, thresholds } = evaluation;
    const { positives, known, prior, sampledPrior } = training;
    const listed = targetsOf(labels).map((y) => y ?? -1);
    return [values, listed, positives, known, prior, sampledPrior, included!, thresholds!].map((array) => [...array]);
  };
  const before = arrays();
  await measure(metric, evaluation, 'a split');
  const what = ['scores', 'labels', 'positives', 'known', 'prior', 'sampledPrior', 'included', 'thresholds'];
  arrays().forEach((now, i) => demandEqual(`${what[i]!}, afterwards`, now, before[i]!));
});

export const resultChecks = [valid, names, single, pure, untouched] as const;
