import {
  describeSamplerEffect,
  evaluateCurves,
  interactions,
  isCounterweightError,
  LOGIT,
  outputBias,
  sigmoid,
  weightEffects,
  type Effect,
  type Logger,
} from '@counterweight/core';
import { classGroups } from '@counterweight/metrics';
import { plannedSteps } from '@counterweight/trainer';

import { type EngineOptions, openEngine } from './engine.js';
import { given } from './contracts/members.js';
import type { Entry } from './entries.js';
import { estimate, type Estimate } from './estimate.js';
import type { Manifest } from './manifest.js';
import { calling } from './plugin-call.js';
import { broken } from './plugin-guard.js';
import { prepare, type Prepared } from './prepare.js';

/** Smallest, middle and largest of some numbers. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** What a run would do, computed from the labels before any training. Plain JSON. */
export interface Plan {
  readonly plugins: readonly {
    readonly kind: string;
    readonly use: string;
    readonly version: string;
    readonly path: string;
  }[];
  readonly data: {
    /** [height, width, channels] or [features] */
    readonly shape: readonly number[];
    readonly examples: { readonly train: number; readonly validation: number; readonly test: number };
    readonly classes: number;
    readonly labelsPerExample: number;
    /** Training positives per class. */
    readonly positives: Spread;
    /** Share of training examples with the class. */
    readonly prior: Spread;
    /** Number of classes by training positives; the limits are the manifest's. */
    readonly groups: { readonly head: number; readonly medium: number; readonly tail: number };
    /** Classes that cannot be learned; the first ten by name. */
    readonly withoutTrainingPositives: { readonly classes: number; readonly first: readonly string[] };
    readonly fingerprint: string;
  };
  /** Per sampler that draws: what it does to the priors, in words. */
  readonly samplers: readonly { readonly use: string; readonly effect: readonly string[] }[];
  /** By side: positive, negative, class. */
  readonly weights: Readonly<Record<string, Spread>>;
  /** With the output bias set from the priors. Null for a loss without curves. */
  readonly start: { readonly loss: number; readonly rawLabelsPerExample: number; readonly rawRatio: number } | null;
  readonly training: { readonly epochs: number; readonly steps: number };
  /** Of `check`, measured; absent where there is no engine. */
  readonly estimate?: Estimate;
  /** What the data set noticed. */
  readonly notices: readonly string[];
  readonly warnings: readonly string[];
}

export interface CheckOptions extends EngineOptions {
  readonly logger: Logger;
  /** Whether a few steps are tried, for time and memory; default true. Nothing else needs the engine. */
  readonly estimate?: boolean;
}

/**
 * The plan of a run, and what it will take: reads the data, tries a few steps, writes nothing but, where it is missing, the engine.
 * Without an engine only the estimate is missing, unless a device was asked for.
 * @throws what `prepare` throws; what the model throws; where a device is asked for, what the engine throws (exit 5)
 */
export async function check(manifest: Manifest, options: CheckOptions): Promise<Plan> {
  const { logger } = options;
  const prepared = await prepare(manifest, logger);
  try {
    const plan = planOf(prepared);
    if (options.estimate === false || !(await hasEngine(options))) return plan;
    return { ...plan, estimate: await estimate(prepared, plan.training.steps) };
  } finally {
    await prepared.scope.dispose();
  }
}

async function hasEngine(options: CheckOptions): Promise<boolean> {
  try {
    await openEngine(options, options.logger);
    return true;
  } catch (error) {
    if (!isCounterweightError(error) || options.device !== undefined) throw error;
    const { code, found, remedy } = error;
    options.logger.warn(
      `time and memory are not estimated: ${code}: ${found}; try ${remedy ?? 'counterweight doctor'}`,
    );
    return false;
  }
}

export function planOf(prepared: Prepared): Plan {
  const { manifest, dataset, statistics, effects, weights } = prepared;
  const { splits } = dataset;
  const { training } = manifest.settings;
  const { epochs } = training;
  const groups = classGroups(statistics, manifest.settings.evaluation.groups);
  const empty = dataset.classes.filter((_, c) => statistics.positives[c] === 0);
  const steps = plannedSteps({ ...prepared, options: training }).reduce((a, b) => a + b, 0);
  const start = startOf(prepared);
  return {
    plugins: installed(manifest).map(({ plugin, use, version, path }) => ({ kind: plugin.kind, use, version, path })),
    data: {
      shape: dataset.input.shape,
      examples: { train: splits.train.length, validation: splits.validation.length, test: splits.test.length },
      classes: dataset.classes.length,
      labelsPerExample: statistics.labelsPerExample,
      positives: spread(statistics.positives),
      prior: spread(statistics.prior),
      groups: {
        head: groups.filter((group) => group === 'head').length,
        medium: groups.filter((group) => group === 'medium').length,
        tail: groups.filter((group) => group === 'tail').length,
      },
      withoutTrainingPositives: { classes: empty.length, first: empty.slice(0, SHOWN) },
      fingerprint: dataset.fingerprint,
    },
    samplers: effects.map(({ sampler, effect }) => ({
      use: manifest.samplers[sampler]?.use ?? '',
      effect: describeSamplerEffect(effect, statistics),
    })),
    weights: Object.fromEntries(Object.entries(weights).map(([side, values]) => [side, spread(values)])),
    start,
    training: { epochs, steps },
    notices: dataset.notices ?? [],
    warnings: warningsOf(prepared, empty, start),
  };
}

/** The plugins of a manifest that come from a package of their own. */
export const installed = ({ data, model, loss, samplers, callbacks, optimizer, metrics }: Manifest): readonly Entry[] =>
  ([data, model, loss, ...samplers, ...callbacks, optimizer, ...metrics] as readonly Entry[]).filter(
    ({ path }) => path !== '',
  );

/** The loss of the first step, and how many labels per example σ of the first logits add up to: with weights not the true number. */
function startOf({ loss, statistics: { sampledPrior, labelsPerExample } }: Prepared): Plan['start'] {
  if (loss.kind === 'batch') return null;
  const bias = outputBias(loss, sampledPrior);
  const columns = Int32Array.from(bias.keys());
  const { positive, negative } = evaluateCurves(loss.curves(LOGIT, { epoch: 0 }), bias, columns);
  const sum = (f: (c: number) => number): number => columns.reduce((total, c) => total + f(c), 0);
  const raw = sum((c) => sigmoid(bias[c]!));
  return {
    loss:
      sum((c) => sampledPrior[c]! * positive[c]! + (1 - sampledPrior[c]!) * negative[c]!) / Math.max(columns.length, 1),
    rawLabelsPerExample: raw,
    rawRatio: raw / labelsPerExample,
  };
}

/** Names in a message. */
const SHOWN = 10;
const some = (names: readonly string[]): string =>
  `${names.slice(0, SHOWN).join(', ')}${names.length > SHOWN ? ', …' : ''}`;

/** From here on the raw probabilities are called wrong; half of that is ordinary. */
const RATIO_WORTH_A_WARNING = 2;

function warningsOf(prepared: Prepared, empty: readonly string[], start: Plan['start']): readonly string[] {
  const { manifest, dataset, clamped, statistics } = prepared;
  const strategies = [manifest.loss, ...manifest.samplers].map((entry) => ({
    name: entry.use,
    effects: effectsOf(entry, manifest),
  }));
  const [loss, ...samplers] = strategies as [{ name: string; effects: readonly Effect[] }, ...typeof strategies];
  const withWeights = { ...loss, effects: [...loss.effects, ...weightEffects(manifest.weights)] };
  const { train, validation, test } = dataset.splits;
  const ratio = start?.rawRatio ?? 1;
  return [
    ...interactions([withWeights, ...samplers]),
    ...(empty.length === 0
      ? []
      : [
          `${empty.length} of ${dataset.classes.length} classes have no training positive and cannot be learned: ${some(empty)}`,
        ]),
    ...(clamped === 0
      ? []
      : [`${clamped} classes have no positive or nothing else: their weights are those of a count one off`]),
    ...(ratio < RATIO_WORTH_A_WARNING && ratio > 1 / RATIO_WORTH_A_WARNING
      ? []
      : [
          `σ of the first logits adds up to ${start?.rawLabelsPerExample.toFixed(1)} labels per example where there are ` +
            `${statistics.labelsPerExample.toFixed(1)}: this loss moves probabilities, and one threshold for all predicts ` +
            `${ratio > 1 ? 'far too much' : 'far too little'}; rank by its scores, or calibrate them before deciding`,
        ]),
    ...(validation.length > 0 ? [] : ['no validation split: nothing is measured between epochs']),
    ...(test.length > 0 ? [] : ['no test split: nothing is measured at the end']),
    ...(train.length >= manifest.settings.training.batchSize
      ? []
      : [`one batch holds all ${train.length} training examples`]),
  ];
}

/** What a strategy says that it changes. @throws plugin-throws, plugin-breaks-contract */
function effectsOf({ plugin, options, use, at }: Entry, { place }: Manifest): readonly Effect[] {
  const call = { origin: { use, place: place(at) }, doing: 'in effects' };
  const effects: unknown = calling(call, () => plugin.effects?.(options) ?? []);
  if (Array.isArray(effects)) return effects as Effect[];
  throw broken(call, { found: given(effects), expected: 'a list of effects, at once' });
}

function spread(values: Float64Array): Spread {
  const sorted = Float64Array.from(values).sort();
  return { min: sorted[0] ?? 0, median: sorted[sorted.length >> 1] ?? 0, max: sorted.at(-1) ?? 0 };
}
