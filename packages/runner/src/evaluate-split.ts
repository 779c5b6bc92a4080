import {
  selectRows,
  type Dataset,
  type Evaluation,
  type LabelStatistics,
  type Metric,
  type Scores,
  type Split,
  type SplitMetrics,
} from '@counterweight/core';
import { averagePrecision, groups, includedClasses, ranking } from '@counterweight/metrics';

import type { Manifest } from './manifest.js';
import type { Scope } from './scope.js';

/** The metrics of a manifest, by the names that stand in `metrics.json`. */
export type NamedMetrics = ReadonlyMap<string, Metric>;

/** A metric that occurs twice, with other options, gets its number: `precisionAtK`, `precisionAtK2`. */
export async function createMetrics(manifest: Manifest, scope: Scope): Promise<NamedMetrics> {
  const metrics = new Map<string, Metric>();
  for (const entry of manifest.metrics) {
    const { name } = entry.plugin;
    const before = [...metrics.keys()].filter((other) => other.replace(/\d+$/, '') === name).length;
    metrics.set(before === 0 ? name : `${name}${before + 1}`, await scope.create(entry));
  }
  return metrics;
}

export interface SplitResult {
  /** A part of `metrics.json`. */
  readonly metrics: SplitMetrics;
  /** [classes] each, by dotted name; NaN where undefined. Average precision is always among them. */
  readonly perClass: Readonly<Record<string, Float64Array>>;
}

/**
 * Measures the scores of a split (or of `examples`, a part of it) under the manifest's `evaluation`.
 *
 * `minimumPositives.test` is for the test split. On validation, which is smaller, one positive does (none where `test` is 0).
 */
export async function evaluateSplit(
  split: Exclude<Split, 'train'>,
  scores: Scores,
  { dataset, training, metrics, settings }: EvaluationContext,
  examples: Int32Array,
): Promise<SplitResult> {
  const evaluation = evaluationOf(split, scores, { dataset, training, settings }, examples);
  const results = new Map<string, Awaited<ReturnType<Metric['compute']>>>();
  for (const [name, metric] of metrics) results.set(name, await metric.compute(evaluation));
  const ranked = await ranking(evaluation);
  const perClass: Record<string, Float64Array> = {
    averagePrecision: averagePrecision(ranked).perClass.averagePrecision,
  };
  for (const [name, { perClass: own = {} }] of results)
    for (const [key, values] of Object.entries(own)) perClass[key === name ? name : `${name}.${key}`] = values;
  const values = [...results].map(([name, result]) => [name, result.values] as const);
  const measured: Record<string, unknown> = {
    ...Object.fromEntries(values),
    groups: groups(ranked, training, settings.groups),
  };
  return { metrics: measured as SplitMetrics, perClass };
}

/** What every split is measured with. */
export interface EvaluationContext {
  readonly dataset: Dataset;
  readonly training: LabelStatistics;
  readonly metrics: NamedMetrics;
  readonly settings: Manifest['settings']['evaluation'];
}

/** Macro and micro average precision of scores that no model made (chance, the optimum), under the same rules. */
export async function evaluateReference(
  scores: Scores,
  context: Omit<EvaluationContext, 'metrics'>,
): Promise<{ readonly macro: number | null; readonly micro: number | null }> {
  const { macro, micro } = averagePrecision(
    await ranking(evaluationOf('test', scores, context, context.dataset.splits.test)),
  ).values;
  return { macro, micro };
}

function evaluationOf(
  split: Exclude<Split, 'train'>,
  scores: Scores,
  { dataset, training, settings }: Omit<EvaluationContext, 'metrics'>,
  examples: Int32Array,
): Evaluation {
  const labels = selectRows(dataset.labels, examples);
  const { train, test } = settings.minimumPositives;
  const minimum = { train, test: split === 'test' ? test : Math.min(test, 1) };
  const included = includedClasses(training, labels, minimum);
  return { scores, labels, training, included, threshold: settings.threshold };
}

/** The numbers of a split by dotted name (`averagePrecision.macro`): an event's `validation`. */
export const flatten = (metrics: SplitMetrics): Readonly<Record<string, number | null>> =>
  Object.fromEntries(
    Object.entries(metrics).flatMap(([name, values]) =>
      Object.entries(values ?? {}).flatMap(([key, value]): [string, number | null][] =>
        value === null || typeof value === 'number' ? [[`${name}.${key}`, value]] : [],
      ),
    ),
  );
