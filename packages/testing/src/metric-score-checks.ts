/** How a metric reads scores, and what of them it may look at. */
import { sparseLabels, type Evaluation, type MetricResult, type Scores } from '@counterweight/core';

import { COLUMNS, targetsOf } from './batches.js';
import { demand } from './check.js';
import { demandAlike, demandIdentical, measure, metricCheck } from './metric-check.js';
import {
  evaluationOf,
  INCLUDED,
  known,
  logitsOf,
  partly,
  shuffled,
  THRESHOLDS,
  withClasses,
  withRows,
} from './metric-evaluations.js';

const CLASS_ORDER = [3, 0, 4, 1, 2];

const order = async (evaluate: (evaluation: Evaluation) => Promise<MetricResult>, tied: boolean): Promise<void> => {
  for (const labels of [known(), partly()]) {
    const values = logitsOf(labels, { tied });
    const given = evaluationOf(labels, values, { included: INCLUDED, thresholds: THRESHOLDS });
    const straight = await evaluate(given);
    demandAlike('rows in another order', await evaluate(withRows(given, values, shuffled(labels.rows))), straight);
    const { values: mean, perClass = {} } = await evaluate(withClasses(given, values, CLASS_ORDER));
    const moved = Object.entries(straight.perClass ?? {}).map(
      ([name, numbers]) => [name, numbers.map((_, c) => numbers[CLASS_ORDER[c]!]!)] as const,
    );
    demandAlike(
      'classes in another order',
      { values: mean, perClass },
      { ...straight, perClass: Object.fromEntries(moved) },
    );
  }
};

const permutation = metricCheck(
  'the order of rows changes nothing, that of classes only the order of numbers per class',
  (metric) => order((evaluation) => measure(metric, evaluation, 'another order'), false),
);

const ties = metricCheck('among equal scores the order of rows and classes changes nothing', (metric) =>
  order((evaluation) => measure(metric, evaluation, 'equal scores'), true),
);

/** How a block may come: where it lies and when. */
const SOURCES: Readonly<Record<string, (scores: Scores) => Scores['block']>> = {
  'in memory of their own': (scores) => async (from, to) => (await scores.block(from, to)).slice(),
  'in the middle of other memory': (scores) => async (from, to) => {
    const block = await scores.block(from, to);
    const around = new Float32Array(block.length + 7).fill(9);
    around.set(block, 3);
    return around.subarray(3, 3 + block.length);
  },
  'by a promise that takes its time': (scores) => async (from, to) => {
    await new Promise((resolve) => setImmediate(resolve));
    return scores.block(from, to);
  },
};

const sources = metricCheck('scores from memory, copied or promised: the same bits', async (metric) => {
  const given = evaluationOf(partly());
  const want = await measure(metric, given, 'scores in memory');
  for (const [what, source] of Object.entries(SOURCES)) {
    const scores = { ...given.scores, block: source(given.scores) };
    demandIdentical(`scores ${what}`, await measure(metric, { ...given, scores }, `scores ${what}`), want);
  }
});

/** 16 MB of scores. */
const MOST = 2 ** 22;
/** Blocks after which it is clear how a metric reads. */
const SEEN = 64;

const blocks = metricCheck(
  'scores are read in blocks of at most 16 MB together, inside the rows there are',
  async (metric) => {
    const rows = 2 ** 21;
    const offsets = Uint32Array.from({ length: rows + 1 }, (_, row) => Math.ceil(row / 1024));
    const classes = Uint16Array.from({ length: offsets[rows]! }, (_, i) => i % COLUMNS);
    const labels = sparseLabels({ rows, columns: COLUMNS, positives: { offsets, classes } });
    const enough = new Error('enough was seen');
    let [read, waiting] = [0, 0];
    let fault: string | undefined;
    const block = async (from: number, to: number): Promise<Float32Array> => {
      const size = (to - from) * COLUMNS;
      if (!(Number.isInteger(from) && Number.isInteger(to) && 0 <= from && from < to && to <= rows))
        fault ??= `rows ${from} to ${to} of ${rows}`;
      else if ((waiting += size) > MOST) fault ??= `${waiting} scores at once, of ${rows * COLUMNS}`;
      if (fault !== undefined || ++read > SEEN) throw enough;
      await new Promise((resolve) => setImmediate(resolve));
      waiting -= size;
      return new Float32Array(size).fill(from % 7);
    };
    const evaluation = { ...evaluationOf(labels, new Float32Array(0)), scores: { rows, columns: COLUMNS, block } };
    // It may fail as it is not given all scores; what counts is what it asked for.
    await Promise.resolve(metric.compute(evaluation)).catch(() => undefined);
    demand(fault === undefined, `blocks of at most ${MOST} scores, from inside`, () => fault!);
  },
);

const nan = metricCheck('a score that is NaN is refused or makes null, never another number', async (metric) => {
  const labels = known();
  const targets = targetsOf(labels);
  for (const target of [0, 1])
    for (let c = 0; c < COLUMNS; c++) {
      const at = targets.findIndex((y, i) => i % COLUMNS === c && y === target);
      if (at === -1) continue;
      const scored = (z: number): Evaluation =>
        evaluationOf(
          labels,
          logitsOf(labels).map((old, i) => (i === at ? z : old)),
        );
      const high = await measure(metric, scored(6), 'a high score');
      const result = await Promise.resolve(metric.compute(scored(NaN))).catch(() => undefined);
      if (result === undefined || isTold(result, high)) continue;
      demandIdentical(
        `NaN at a ${target ? 'positive' : 'negative'} of class ${c}, neither refused nor null`,
        result,
        high,
      );
    }
});

/** Whether something undefined shows that there was a NaN. */
const isTold = (result: MetricResult, clean: MetricResult): boolean =>
  Object.entries(result.values).some(([name, x]) => Number.isNaN(x ?? NaN) && clean.values[name] !== null) ||
  Object.entries(result.perClass ?? {}).some(([name, xs]) =>
    xs.some((x, c) => Number.isNaN(x) && !Number.isNaN(clean.perClass![name]![c])),
  );

/** Strictly rising, the same for all classes, as results may compare entries of different ones. */
const RISING: Readonly<Record<string, (z: number) => number>> = {
  'z / 2 − 9': (z) => z / 2 - 9,
  'z + z³': (z) => z + z ** 3,
};
const logit = (p: number): number => Math.log(p / (1 - p));

const needs = metricCheck('what `needs` leaves out changes nothing', async (metric) => {
  for (const labels of [known(), partly()]) {
    const values = logitsOf(labels);
    const given = evaluationOf(labels, values);
    const want = await measure(metric, given, 'a split');
    if (metric.needs === 'ranking') {
      for (const [map, rising] of Object.entries(RISING))
        demandAlike(`scores after ${map}`, await measure(metric, evaluationOf(labels, values.map(rising)), map), want);
      demandAlike('another threshold', await measure(metric, { ...given, threshold: 0.9 }, 'a threshold'), want);
    }
    if (metric.needs === 'decision')
      for (const thresholds of [undefined, THRESHOLDS]) {
        const limits = Array.from({ length: COLUMNS }, (_, c) => logit(thresholds?.[c] ?? 0.5));
        const flat = values.map((z, i) => (z >= limits[i % COLUMNS]! ? 20 : -20));
        const more = thresholds && { thresholds };
        const fine = await measure(metric, { ...given, ...more }, 'decisions');
        demandAlike('only decisions left', await measure(metric, evaluationOf(labels, flat, more), 'decisions'), fine);
      }
  }
});

const thresholds = metricCheck('`thresholds` hold instead of the one threshold', async (metric) => {
  const given = evaluationOf(known(), logitsOf(known()), { thresholds: THRESHOLDS });
  const want = await measure(metric, given, 'thresholds');
  demandAlike('another threshold beside them', await measure(metric, { ...given, threshold: 0.9 }, 'thresholds'), want);
});

export const scoreChecks = [permutation, ties, sources, blocks, nan, needs, thresholds] as const;
