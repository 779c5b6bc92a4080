export type { BatchEvent, Callback, EpochEvent } from './callback.js';
export { createFrom, createLoss, type Given, type OptionsOf } from './create.js';
export {
  checkMonotone,
  evaluateCurves,
  inverseLink,
  logit,
  outputBias,
  sigmoid,
  slope,
  value,
  vectorOperations,
  type Curve,
  type Curves,
  type CurveValues,
} from './curves.js';
export { SPLITS, type Dataset, type Inputs, type InputSource, type Split } from './dataset.js';
export {
  CounterweightError,
  defineErrors,
  isCounterweightError,
  renderPlace,
  type ErrorDefinition,
  type ErrorParts,
  type ExitCode,
  type Place,
} from './error.js';
export { errors } from './errors.js';
export { evaluate } from './evaluate.js';
export {
  LOGIT,
  perClass,
  sigmoidPow,
  type Binary,
  type Condition,
  type Expression,
  type Operations,
  type Unary,
} from './expression.js';
export {
  BASE_FOLDER,
  CACHE_FOLDER,
  createContainer,
  DATASET,
  inject,
  injectable,
  INPUT,
  LABEL_STATISTICS,
  LOGGER,
  RANDOM,
  RUN_FOLDER,
  tokenName,
  type DependencyContainer,
  type Logger,
  type Token,
} from './injection.js';
export { interactions, type Effect } from './interactions.js';
export {
  csr,
  labelsFromRows,
  labelStatistics,
  rowOf,
  selectRows,
  sparseLabels,
  type Csr,
  type LabelStatistics,
  type SparseLabels,
} from './labels.js';
export type { BatchLabels, BatchLoss, ElementwiseLoss, Loss } from './loss.js';
export type { Calibration, Calibrator, Evaluation, Metric, MetricResult, Scores } from './metric.js';
export type { Mode, Model, ModelInput, Parameter } from './model.js';
export type { Optimizer } from './optimizer.js';
export { pathOption } from './path-option.js';
export { CONTRACT, definePlugin, type AnyPlugin, type Kind, type Kinds, type Plugin } from './plugin.js';
export { ORIGIN, originOf, sameOrigin, type PluginOrigin } from './plugin-origin.js';
export { randomStream, shuffle, type RandomStream } from './random.js';
export {
  PER_CLASS_COLUMNS,
  resolvedRun,
  RUN_FILES,
  runEvent,
  runMetrics,
  splitMetrics,
  testExamples,
  type ResolvedRun,
  type RunEvent,
  type RunMetrics,
  type SplitMetrics,
  type TestExamples,
} from './run-folder.js';
export { chainEffect, describeSamplerEffect, drawEpoch, samplerEffect, type SamplerEffect } from './sampler-effect.js';
export type { DrawSampler, EpochContext, Mined, MinedBatch, MineSampler, Sampler } from './sampler.js';
export { splitShares } from './split-shares.js';
export { stratify } from './stratification.js';
export type { StateArrays, Stateful } from './state.js';
export { weightEffects, weighted, weightsFromCounts, weightsOption, resolveWeights } from './weights.js';
export type { ClassWeights, CountRule, WeightRule, WeightsOption } from './weights.js';
// Plugins take zod from here: one copy, and one dependency less in every plugin.
export { z } from 'zod';
