/** Which entries count for a metric: known ones, of classes that are included. */
import { csr, sparseLabels } from '@counterweight/core';

import { COLUMNS, targetsOf } from './batches.js';
import { demandAlike, demandValues, measure, metricCheck } from './metric-check.js';
import {
  evaluationOf,
  inMemory,
  INCLUDED,
  isBlank,
  known,
  listed,
  logitsOf,
  partly,
  withRows,
  withTarget,
} from './metric-evaluations.js';

const everyClass = Array.from({ length: COLUMNS }, (_, c) => c);

const masks = metricCheck(
  'unknown entries count nothing, whatever their scores and however they are listed',
  async (metric) => {
    const [some, others] = [partly(), listed()];
    const values = logitsOf(some);
    const want = await measure(metric, evaluationOf(some, values), 'unknown entries');
    demandAlike(
      'the known entries listed instead',
      await measure(metric, evaluationOf(others, values), 'listed entries'),
      want,
    );
    const targets = targetsOf(some);
    for (const labels of [some, others])
      for (const spoilt of [NaN, 50]) {
        const other = values.map((z, i) => (targets[i] === null ? spoilt : z));
        const got = await measure(metric, evaluationOf(labels, other), `scores of ${spoilt} at unknown entries`);
        demandAlike(`scores of ${spoilt} at unknown entries`, got, want);
      }
    const rows = Array.from({ length: some.rows }, (_, row) => row).filter((row) => !isBlank(row));
    const without = await measure(metric, withRows(evaluationOf(some, values), values, rows), 'fewer rows');
    demandAlike('without the rows of which nothing is known', without, want);
  },
);

const written = metricCheck('a target of 1 that is written out is a positive', async (metric) => {
  const labels = known();
  const want = await measure(metric, evaluationOf(labels), 'a split');
  demandAlike('targets of 1', await measure(metric, evaluationOf(withTarget(labels, 1)), 'targets of 1'), want);
});

const included = metricCheck('a class that is not included changes no value', async (metric) => {
  const plain = known();
  const values = logitsOf(plain);
  const want = await measure(metric, evaluationOf(plain, values, { included: INCLUDED }), 'a class left out');
  const left = INCLUDED.indexOf(0);
  const positives = targetsOf(plain).map((y, i) =>
    i % COLUMNS === left ? Math.floor(i / COLUMNS) % 3 === 0 : y === 1,
  );
  const labels = sparseLabels({
    ...plain,
    positives: csr(
      Array.from({ length: plain.rows }, (_, row) => everyClass.filter((c) => positives[row * COLUMNS + c])),
      COLUMNS,
    ),
  });
  const other = values.map((z, i) => (i % COLUMNS === left ? 3 - z : z));
  const evaluation = { ...evaluationOf(labels, other, { included: INCLUDED }), scores: inMemory(other, COLUMNS) };
  demandValues('other scores and labels there', await measure(metric, evaluation, 'a class left out'), want);
  const all = await measure(metric, evaluationOf(plain, values, { included: new Uint8Array(COLUMNS).fill(1) }), 'all');
  demandAlike('every class included', all, await measure(metric, evaluationOf(plain, values), 'no list'));
});

export const labelChecks = [masks, written, included] as const;
