import { RUN_FILES, type Model, type RunMetrics, type Scores } from '@counterweight/core';
import { chanceScores } from '@counterweight/metrics';
import type { FitResult } from '@counterweight/trainer';

import {
  evaluateReference,
  evaluateSplit,
  flatten,
  type EvaluationContext,
  type SplitResult,
} from './evaluate-split.js';
import { perClassTable } from './per-class.js';
import type { Prepared } from './prepare.js';
import type { RunFolder } from './run-folder.js';
import { splitScores } from './split-scores.js';
import { pickTestExamples } from './test-examples.js';
import { validationSample } from './validation.js';

type Metrics = SplitResult['metrics'];

/** What a model is measured by: validation after an epoch; both splits, chance and the optimum at the end. */
export class Measurement {
  private readonly context: EvaluationContext;
  /** Of validation, scored after each epoch. */
  private readonly sample: Int32Array;
  private last: Metrics | undefined;

  constructor(
    private readonly model: Model,
    private readonly prepared: Prepared,
    private readonly folder: RunFolder,
  ) {
    const { dataset, statistics, metrics, manifest, random } = prepared;
    const { evaluation: settings } = manifest.settings;
    this.context = { dataset, training: statistics, metrics, settings };
    const { validation } = dataset.splits;
    this.sample = validationSample(validation, dataset.classes.length, settings.validationExamples, random);
  }

  /** Of the model as it is now, by dotted name; nothing without a validation split. */
  async validate(): Promise<Readonly<Record<string, number | null>>> {
    if (this.sample.length === 0) return {};
    this.last = await this.validation(this.sample);
    return flatten(this.last);
  }

  /** Of the model to keep. Writes `per-class.csv` and `test-examples.json`. */
  async whole({ seconds, steps }: Pick<FitResult, 'seconds' | 'steps'>): Promise<RunMetrics> {
    const { context, folder } = this;
    const { dataset, settings } = context;
    const { validation: whole, test: examples } = dataset.splits;
    const validation = this.known ?? (whole.length === 0 ? {} : await this.validation(whole));
    const test = await this.scored('test', examples, async (scores, { metrics, perClass }) => {
      folder.write(RUN_FILES.perClass, perClassTable(dataset, perClass));
      folder.writeJson(RUN_FILES.testExamples, await pickTestExamples(dataset, scores, settings.threshold));
      return metrics;
    });
    const chance = chanceScores(examples.length, dataset.classes.length, this.prepared.random.fork('chance'));
    const optimum = dataset.optimum?.(examples);
    return {
      validation,
      test,
      chance: { averagePrecision: await evaluateReference(chance, context) },
      ...(optimum && { optimum: { averagePrecision: await evaluateReference(optimum, context) } }),
      seconds,
      steps,
    };
  }

  /** What was measured last may be of a sample, of another process, or of an epoch that was not the best. */
  private get known(): Metrics | undefined {
    const { dataset, manifest } = this.prepared;
    const isWhole = this.sample.length === dataset.splits.validation.length;
    return isWhole && manifest.settings.training.earlyStopping === null ? this.last : undefined;
  }

  private validation(examples: Int32Array): Promise<Metrics> {
    return this.scored('validation', examples, (_, { metrics }) => metrics);
  }

  private async scored<T>(
    split: 'validation' | 'test',
    examples: Int32Array,
    then: (scores: Scores, result: SplitResult) => T | Promise<T>,
  ): Promise<T> {
    const scores = await splitScores(this.model, this.context.dataset, examples, this.folder.path);
    try {
      return await then(scores, await evaluateSplit(split, scores, this.context, examples));
    } finally {
      scores.close();
    }
  }
}
