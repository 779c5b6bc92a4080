/** Every metric against its definition, written out on dense matrices, on labels and scores of all shapes. */
import type { Evaluation } from '@counterweight/core';
import { csr, labelStatistics, sparseLabels } from '@counterweight/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { averagePrecision } from './average-precision.js';
import { decisions } from './decisions.js';
import { f1 } from './f1.js';
import { precisionAtK } from './precision-at-k.js';
import { prevalenceRatio } from './prevalence-ratio.js';
import { ranking } from './ranking.js';
import { rocAuc } from './roc-auc.js';
import { matrixScores } from './scores.js';

interface Entry {
  readonly score: number;
  readonly state: 'positive' | 'negative' | 'unknown';
}
interface Dense {
  /** [rows][columns] */
  readonly entries: readonly (readonly Entry[])[];
  readonly columns: number;
  readonly included: readonly boolean[];
  readonly unlisted: 'negative' | 'unknown';
  readonly threshold: number;
  /** Whether hard labels are written as soft ones: 0.5 and 1 for a positive, and a negative may be listed with 0.25. */
  readonly soft: boolean;
}

const float32 = fc.float({ noNaN: true });
const tied = fc.constantFrom(-2, -1, -0.5, -0, 0, 0.25, 1, 3);
const score = fc.oneof(
  { weight: 3, arbitrary: tied },
  { weight: 2, arbitrary: fc.float({ min: -8, max: 8, noNaN: true }) },
  float32,
);

const dense: fc.Arbitrary<Dense> = fc
  .record({ rows: fc.integer({ min: 0, max: 9 }), columns: fc.integer({ min: 1, max: 6 }), unknowns: fc.boolean() })
  .chain(({ rows, columns, unknowns }) => {
    const state = fc.constantFrom<Entry['state']>(
      'positive',
      'negative',
      'negative',
      unknowns ? 'unknown' : 'negative',
    );
    const row = fc.array(fc.record({ score, state }), { minLength: columns, maxLength: columns });
    return fc.record({
      entries: fc.array(row, { minLength: rows, maxLength: rows }),
      columns: fc.constant(columns),
      included: fc.array(fc.boolean(), { minLength: columns, maxLength: columns }),
      unlisted: fc.constantFrom<Dense['unlisted']>('negative', 'unknown'),
      threshold: fc.oneof(fc.constantFrom(0, 0.5, 1), fc.double({ min: 0, max: 1, noNaN: true })),
      soft: fc.boolean(),
    });
  });

/** What unknown entries score must never matter: NaN in some classes, any number in others. */
function sparse({ entries, columns, included, unlisted, threshold, soft }: Dense): Evaluation {
  const where = (wanted: (entry: Entry, column: number) => boolean): number[][] =>
    entries.map((row) => row.flatMap((entry, column) => (wanted(entry, column) ? [column] : [])));
  const alsoListed = (entry: Entry, column: number): boolean => soft && entry.state === 'negative' && column % 2 === 0;
  const positives = csr(
    where((entry, column) => entry.state === 'positive' || alsoListed(entry, column)),
    columns,
  );
  const values = Float32Array.from(
    entries.flatMap((row) =>
      row.flatMap((entry, column) =>
        entry.state === 'positive' ? [column % 3 === 0 ? 0.5 : 1] : alsoListed(entry, column) ? [0.25] : [],
      ),
    ),
  );
  const labels = sparseLabels({
    rows: entries.length,
    columns,
    positives: soft ? { ...positives, values } : positives,
    unlisted,
    exceptions: csr(
      where((entry, column) =>
        unlisted === 'negative' ? entry.state === 'unknown' : entry.state === 'negative' && !alsoListed(entry, column),
      ),
      columns,
    ),
  });
  const scores = Float32Array.from(
    entries.flatMap((row) => row.map((entry, c) => (entry.state === 'unknown' && c % 2 === 0 ? NaN : entry.score))),
  );
  return {
    scores: matrixScores(scores, entries.length, columns),
    labels,
    training: labelStatistics(labels, Int32Array.from(entries.keys())),
    included: Uint8Array.from(included, Number),
    threshold,
  };
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const average = (values: readonly number[]): number | null => {
  const defined = values.filter((value) => !Number.isNaN(value));
  return defined.length === 0 ? null : sum(defined) / defined.length;
};
const known = (entries: readonly Entry[]): Entry[] => entries.filter(({ state }) => state !== 'unknown');
const positive = (entries: readonly Entry[]): Entry[] => entries.filter(({ state }) => state === 'positive');
const negative = (entries: readonly Entry[]): Entry[] => entries.filter(({ state }) => state === 'negative');
const column = ({ entries }: Dense, c: number): Entry[] => known(entries.map((row) => row[c]!));
const classes = (given: Dense): Entry[][] => Array.from({ length: given.columns }, (_, c) => column(given, c));
const pooled = (given: Dense): Entry[] =>
  classes(given)
    .filter((_, c) => given.included[c])
    .flat();

/** Mean over the positives of the precision at their score: Σ (R_k − R_{k−1}) · P_k, one term a positive. */
function definitionOfAveragePrecision(entries: readonly Entry[]): number {
  const terms = positive(entries).map(({ score: cut }) => {
    const above = entries.filter(({ score: s }) => s >= cut);
    return positive(above).length / above.length;
  });
  return average(terms) ?? NaN;
}

function definitionOfRocAuc(entries: readonly Entry[]): number {
  const pairs = positive(entries).flatMap((a) =>
    negative(entries).map((b) => (a.score > b.score ? 1 : a.score === b.score ? 0.5 : 0)),
  );
  return average(pairs) ?? NaN;
}

const close = (got: number | null, want: number | null): void => {
  if (want === null || got === null || Number.isNaN(want)) expect(got).toBe(want);
  else expect(got).toBeCloseTo(want, 10);
};
const allClose = (got: Float64Array, want: readonly number[]): void => {
  expect(got).toHaveLength(want.length);
  want.forEach((value, i) => {
    close(got[i]!, value);
  });
};

test('average precision is the mean precision at the positives, per class, macro, micro and weighted', async () => {
  await fc.assert(
    fc.asyncProperty(dense, async (given) => {
      const { values, perClass } = averagePrecision(await ranking(sparse(given)));
      const each = classes(given).map(definitionOfAveragePrecision);
      const counted = each.map((value, c) => (given.included[c] ? value : NaN));
      const defined = counted.flatMap((value, c) =>
        Number.isNaN(value) ? [] : [{ value, n: positive(column(given, c)).length }],
      );
      allClose(perClass.averagePrecision, each);
      allClose(
        perClass.prevalence,
        classes(given).map((entries) => positive(entries).length / entries.length),
      );
      close(values.macro, average(counted));
      const micro = definitionOfAveragePrecision(pooled(given));
      close(values.micro, Number.isNaN(micro) ? null : micro);
      close(values.weighted, average(defined.flatMap(({ value, n }) => Array<number>(n).fill(value))));
      expect(values.classes).toBe(defined.length);
      expect(values.excluded).toBe(given.columns - defined.length);
    }),
    { numRuns: 400 },
  );
});

test('ROC AUC is the share of pairs in order, a tie one half', async () => {
  await fc.assert(
    fc.asyncProperty(dense, async (given) => {
      const { values, perClass } = rocAuc(await ranking(sparse(given)));
      const each = classes(given).map(definitionOfRocAuc);
      allClose(perClass.rocAuc, each);
      close(values.macro, average(each.map((value, c) => (given.included[c] ? value : NaN))));
      const micro = definitionOfRocAuc(pooled(given));
      close(values.micro, Number.isNaN(micro) ? null : micro);
    }),
    { numRuns: 400 },
  );
});

const sigma = (z: number): number => 1 / (1 + Math.exp(-z));
const over = (a: number, b: number): number => (b === 0 ? 0 : a / b);

test('F1 and prevalence ratio count entries with σ(logit) ≥ threshold', async () => {
  await fc.assert(
    fc.asyncProperty(dense, async (given) => {
      const counted = await decisions(sparse(given));
      const { values, perClass } = f1(counted);
      const ratio = prevalenceRatio(counted);
      const count = (entries: readonly Entry[]) => {
        const decided = entries.filter(({ score: z }) => sigma(z) >= given.threshold);
        const [hits, n, p] = [positive(decided).length, decided.length, positive(entries).length];
        const [precision, recall] = [over(hits, n), over(hits, p)];
        return {
          p,
          n,
          precision,
          recall,
          f1: over(2 * precision * recall, precision + recall),
          summed: sum(entries.map(({ score: z }) => sigma(z))),
        };
      };
      const each = classes(given).map(count);
      const averaged = each.filter(({ p }, c) => p > 0 && given.included[c]);
      const all = count(pooled(given));
      allClose(
        perClass.f1,
        each.map((c) => c.f1),
      );
      allClose(
        perClass.precision,
        each.map((c) => c.precision),
      );
      allClose(
        perClass.recall,
        each.map((c) => c.recall),
      );
      close(values.macro, average(averaged.map((c) => c.f1)));
      close(values.micro, all.f1);
      close(values.precision, all.precision);
      close(values.recall, all.recall);
      close(values.weighted, average(averaged.flatMap((c) => Array<number>(c.p).fill(c.f1))));
      const [precision, recall] = [average(averaged.map((c) => c.precision)), average(averaged.map((c) => c.recall))];
      close(
        values.ofMeans,
        precision === null || recall === null ? null : over(2 * precision * recall, precision + recall),
      );
      close(ratio.values.decided, all.p === 0 ? null : all.n / all.p);
      close(ratio.values.summed, all.p === 0 ? null : all.summed / all.p);
      allClose(
        ratio.perClass.decided,
        each.map(({ n, p }) => (p === 0 ? NaN : n / p)),
      );
      allClose(
        ratio.perClass.summed,
        each.map(({ summed, p }) => (p === 0 ? NaN : summed / p)),
      );
    }),
    { numRuns: 400 },
  );
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
}

test('precision at k is the mean over all orders of the columns', async () => {
  await fc.assert(
    fc.asyncProperty(dense, fc.nat(), async (given, seed) => {
      fc.pre(given.columns <= 5);
      const k = 1 + (seed % given.columns);
      const rows = given.entries
        .map((row) => known(row.filter((_, c) => given.included[c])))
        .filter((row) => row.length > 0);
      const each = rows.map((row) => {
        const first = Math.min(k, row.length);
        const orders = permutations(row).map((order) =>
          order.sort((a, b) => (a.score < b.score ? 1 : a.score > b.score ? -1 : 0)),
        );
        return sum(orders.map((order) => positive(order.slice(0, first)).length / first)) / orders.length;
      });
      const { values } = await precisionAtK(sparse(given), k);
      expect(values.k).toBe(k);
      close(values.precision, average(each));
    }),
    { numRuns: 200 },
  );
});
