/** Every check of a metric catches a plugin that breaks its law. */
import { definePlugin, z, type AnyPlugin, type Evaluation, type Metric, type MetricResult } from '@counterweight/core';
import { test } from 'vitest';

import { metricChecks, metricConformance } from './conformance.js';
import { proven, type Broken } from './fixtures/proven.js';
import { targetsOf } from './batches.js';

const strict = z.strictObject({});
type Compute = Metric['compute'];
const plugin = (compute: Compute, needs: Metric['needs'] = 'decision'): AnyPlugin<'metric'> =>
  definePlugin({ kind: 'metric', name: 'broken', options: strict, create: () => ({ needs, compute }) });

interface Entry {
  readonly row: number;
  readonly column: number;
  readonly score: number;
  /** Null: unknown. */
  readonly target: number | null;
}

/** Every entry, in blocks of so many rows. */
async function entriesOf({ scores, labels }: Evaluation, height = 100): Promise<Entry[]> {
  const entries: Entry[] = [];
  const targets = labels.rows < 10_000 ? targetsOf(labels) : [];
  for (let from = 0; from < scores.rows; from += height) {
    const block = await scores.block(from, Math.min(from + height, scores.rows));
    block.forEach((score, i) => {
      const [row, column] = [from + Math.floor(i / scores.columns), i % scores.columns];
      if (Number.isNaN(score) && targets[from * scores.columns + i] !== null) throw new RangeError(`NaN in row ${row}`);
      if (labels.rows < 10_000) entries.push({ row, column, score, target: targets[from * scores.columns + i]! });
    });
  }
  return entries;
}

const ratio = (a: number, b: number): number | null => (b === 0 ? null : a / b);
const isDecided = ({ score, column }: Entry, { threshold, thresholds }: Evaluation): boolean =>
  1 / (1 + Math.exp(-score)) >= (thresholds?.[column] ?? threshold);
const isIncluded = ({ column }: Entry, { included }: Evaluation): boolean => included?.[column] !== 0;

/** The share of the known entries that are decided rightly. */
const rightOf = (entries: readonly Entry[], evaluation: Evaluation): number[] =>
  entries.flatMap((entry) =>
    entry.target === null || !isIncluded(entry, evaluation)
      ? []
      : [isDecided(entry, evaluation) === entry.target >= 0.5 ? 1 : 0],
  );
const accuracyOf = (entries: readonly Entry[], evaluation: Evaluation): MetricResult => {
  const right = rightOf(entries, evaluation);
  const decided = new Float64Array(evaluation.labels.columns);
  for (const entry of entries) if (entry.target !== null && isDecided(entry, evaluation)) decided[entry.column]! += 1;
  const sum = right.reduce((a, b) => a + b, 0);
  return { values: { accuracy: ratio(sum, right.length) }, perClass: { decided } };
};
const accuracy: Compute = async (evaluation) => accuracyOf(await entriesOf(evaluation), evaluation);

/** The same metric of entries or of an evaluation that is not quite the one given. */
const ofEntries = (change: (entries: Entry[], evaluation: Evaluation) => readonly Entry[]): AnyPlugin<'metric'> =>
  plugin(async (given) => accuracyOf(change(await entriesOf(given), given), given));
const given = (change: (evaluation: Evaluation) => Evaluation): AnyPlugin<'metric'> =>
  plugin((evaluation) => accuracy(change(evaluation)));
const result = (change: (result: MetricResult, evaluation: Evaluation) => MetricResult): AnyPlugin<'metric'> =>
  plugin(async (evaluation) => change(await accuracy(evaluation), evaluation));

/** The share of positives among the hundred rows with the highest scores of class 3; equal ones in the order of their rows. */
const precisionOfFirst: Compute = async (evaluation) => {
  const entries = (await entriesOf(evaluation)).filter(({ column, target }) => column === 3 && target !== null);
  const best = entries.sort((a, b) => b.score - a.score || a.row - b.row).slice(0, 100);
  return { values: { precision: ratio(best.filter(({ target }) => target === 1).length, best.length) } };
};

let calls = 0;
const byLabels = new WeakMap<object, Promise<MetricResult>>();

const broken: Broken<'metric'> = {
  'an unknown option is refused and the options have a JSON Schema': {
    'a loose schema': definePlugin({
      kind: 'metric',
      name: 'broken',
      options: z.object({}),
      create: () => ({ needs: 'decision', compute: accuracy }),
    }),
  },
  'values are finite or null, a number per class finite or NaN, on any split': {
    'a mean of nothing': result(({ values, ...more }) => ({
      ...more,
      values: { accuracy: values['accuracy'] ?? NaN },
    })),
    'numbers of the included classes only': result(({ values, perClass }, { included }) => ({
      values,
      perClass: { decided: perClass!['decided']!.filter((_, c) => included?.[c] !== 0) },
    })),
    'an infinite ratio': result(({ values }, { labels }) => ({
      values,
      perClass: { ratio: Float64Array.from({ length: labels.columns }, (_, c) => 1 / c) },
    })),
    'needs of its own making': plugin(accuracy, 'scores' as 'ranking'),
    'no result for one row': plugin((evaluation) => {
      if (evaluation.labels.rows === 1) throw new TypeError('variance of one');
      return accuracy(evaluation);
    }),
  },
  'results have the same names on every split': {
    'the threshold in a name': result(({ values }, { threshold }) => ({
      values: { [`accuracy@${threshold}`]: values['accuracy']! },
    })),
    'undefined left out': result(({ values }) => (values['accuracy'] === null ? { values: {} } : { values })),
    'numbers per class only where some are positive': result(({ values, perClass }, { labels }) =>
      labels.positives.classes.length > 0 ? { values, perClass: perClass! } : { values },
    ),
    'no name': plugin(() => ({ values: {} })),
  },
  'one class is enough, or refused by an error that says so': {
    'a second class expected': result((found) => ({
      ...found,
      values: { second: found.perClass!['decided']!.at(1)! },
    })),
    'a crash': result((found, { labels }) => {
      if (labels.columns === 1) throw new TypeError('undefined is not a class');
      return found;
    }),
  },
  'the same evaluation gives the same bits, whatever was measured in between': {
    'a counter inside': plugin(async (evaluation) => {
      const { values } = await accuracy(evaluation);
      return { values: { ...values, calls: ++calls } };
    }),
    'kept by labels, whatever the scores': plugin((evaluation) => {
      const kept = byLabels.get(evaluation.labels) ?? Promise.resolve(accuracy(evaluation));
      byLabels.set(evaluation.labels, kept);
      return kept;
    }),
  },
  'scores, labels, statistics and limits stay as they are': {
    'scores sorted in place': plugin(async (evaluation) => {
      const found = await accuracy(evaluation);
      (await evaluation.scores.block(0, 5)).sort();
      return found;
    }),
    'labels rewritten': plugin((evaluation) => {
      evaluation.labels.positives.classes[0]! ^= 1;
      return accuracy(evaluation);
    }),
    'included classes set': plugin((evaluation) => {
      evaluation.included?.fill(1);
      return accuracy(evaluation);
    }),
  },
  'unknown entries count nothing, whatever their scores and however they are listed': {
    'counted in the numbers of a class alone': plugin(async (evaluation) => {
      const entries = await entriesOf(evaluation);
      const decided = new Float64Array(evaluation.labels.columns);
      for (const entry of entries) if (isDecided(entry, evaluation)) decided[entry.column]! += 1;
      return { ...accuracyOf(entries, evaluation), perClass: { decided } };
    }),
    'unknown taken for negative': ofEntries((entries) =>
      entries.map(({ target, score, ...at }) => ({ ...at, score: score || 0, target: target ?? 0 })),
    ),
    'rows counted, known or not': result(({ values }, { labels }) => ({ values: { ...values, rows: labels.rows } })),
    'unlisted always negative': given((evaluation) => ({
      ...evaluation,
      labels: { ...evaluation.labels, unlisted: 'negative' },
    })),
  },
  'a target of 1 that is written out is a positive': {
    'written targets passed over': given(({ labels, ...evaluation }) => {
      const { values, ...positives } = labels.positives;
      return {
        ...evaluation,
        labels: { ...labels, positives: values ? { ...positives, values: values.map(() => 0) } : positives },
      };
    }),
  },
  'a class that is not included changes no value': {
    'all classes in the mean': given(({ included: _, ...evaluation }) => evaluation),
  },
  'the order of rows changes nothing, that of classes only the order of numbers per class': {
    'the last block only': ofEntries((entries, { scores }) =>
      entries.filter(({ row }) => row >= Math.floor((scores.rows - 1) / 512) * 512),
    ),
    'the first class for all': ofEntries((entries) => entries.filter(({ column }) => column === 3)),
  },
  'among equal scores the order of rows and classes changes nothing': {
    'the earlier row wins': plugin(async (evaluation) => {
      const entries = (await entriesOf(evaluation)).filter(({ target }) => target !== null);
      const best = entries.sort((a, b) => b.score - a.score).slice(0, 100);
      return { values: { precision: ratio(best.filter(({ target }) => target === 1).length, best.length) } };
    }, 'ranking'),
  },
  'scores from memory, copied or promised: the same bits': {
    'the memory behind a block': given((evaluation) => ({
      ...evaluation,
      scores: {
        ...evaluation.scores,
        block: async (from, to) => {
          const block = await evaluation.scores.block(from, to);
          const at = block.buffer.byteLength > 4 * block.length + 400 ? from * evaluation.scores.columns : 0;
          return new Float32Array(block.buffer, 4 * at, block.length);
        },
      },
    })),
    'a promise taken for scores': plugin((evaluation) => {
      const { scores } = evaluation;
      const block = scores.block(0, scores.rows) as Float32Array;
      return { values: { decided: Array.from(block).filter((score) => score >= 0).length } };
    }),
  },
  'scores are read in blocks of at most 16 MB together, inside the rows there are': {
    'all at once': plugin(async (evaluation) => {
      await evaluation.scores.block(0, evaluation.scores.rows);
      return accuracy(evaluation);
    }),
    'all blocks asked for before the first has come': plugin(async (evaluation) => {
      const { scores } = evaluation;
      const { rows } = scores;
      const starts = Array.from({ length: Math.ceil(rows / 2 ** 16) }, (_, i) => i * 2 ** 16);
      await Promise.all(starts.map(async (from) => scores.block(from, Math.min(from + 2 ** 16, rows))));
      return accuracy(evaluation);
    }),
    'past the end': plugin(async (evaluation) => {
      await evaluation.scores.block(evaluation.scores.rows - 1, evaluation.scores.rows + 1);
      return accuracy(evaluation);
    }),
  },
  'a score that is NaN is refused or makes null, never another number': {
    'not decided, silently': given((evaluation) => ({
      ...evaluation,
      scores: {
        ...evaluation.scores,
        block: async (from, to) =>
          (await evaluation.scores.block(from, to)).map((score) => (Number.isNaN(score) ? -9 : score)),
      },
    })),
  },
  'what `needs` leaves out changes nothing': {
    'the rank of what a threshold decides': plugin(
      async (evaluation) => ({
        values: { reach: (await entriesOf(evaluation)).some(() => evaluation.threshold > 0.8) ? 1 : 0 },
      }),
      'ranking',
    ),
    'decisions, said to be a ranking': plugin(accuracy, 'ranking'),
    'probabilities, said to be decisions': plugin(async (evaluation) => {
      const entries = await entriesOf(evaluation);
      const known = entries.filter((entry) => entry.target !== null && isIncluded(entry, evaluation));
      return {
        values: {
          mean: ratio(
            known.reduce((sum, { score }) => sum + 1 / (1 + Math.exp(-score)), 0),
            known.length,
          ),
        },
      };
    }),
  },
  '`thresholds` hold instead of the one threshold': {
    'the one threshold for all': given(({ thresholds: _, ...evaluation }) => evaluation),
  },
};

proven(metricChecks, broken);

metricConformance({ test, plugin: plugin(accuracy) });
metricConformance({
  test,
  plugin: plugin(precisionOfFirst, 'ranking'),
  except: {
    'among equal scores the order of rows and classes changes nothing': 'the earlier row wins',
    'the order of rows changes nothing, that of classes only the order of numbers per class': 'it is about class 3',
  },
});
