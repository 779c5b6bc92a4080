export {
  engineReport,
  installEngine,
  type EngineReport,
  type InstallOptions,
  type InstallProgress,
} from '@counterweight/tensorflow';

export { compare, writePage, type ComparedRuns } from './comparison.js';
export { createRun, type Chosen, type RunDescription } from './create-run.js';
export type { EngineOptions } from './engine.js';
export type { Entry } from './entries.js';
export { errors } from './errors.js';
export { loadManifest, type LoadOptions, type Manifest, type ManifestPlugins } from './manifest.js';
export {
  installedPlugins,
  type InstalledPackage,
  type InstalledPlugin,
  type InstalledPlugins,
  type WhereInstalled,
} from './installed-plugins.js';
export { ManifestError } from './manifest-error.js';
export { manifestJsonSchema, type ManifestJsonSchema } from './manifest-json-schema.js';
export { check, type CheckOptions, type Plan } from './plan.js';
export { planText } from './plan-text.js';
export type { PluginOption } from './plugin-options.js';
export { predict, type PredictedRows, type PredictOptions, type PredictResult, type RowSink } from './predict.js';
export {
  predictionsFormat,
  type Choice,
  type FormatName,
  type PredictionsAbout,
  type PredictionsFormat,
} from './predictions-format.js';
export { Progress, type ProgressStream } from './progress.js';
export { recordedManifest } from './recorded-manifest.js';
export { resultText } from './result-text.js';
export { run, type RunOptions, type RunResult } from './run.js';
export { use, type Use } from './use.js';
export { writePredictions, type WriteOptions } from './write-predictions.js';
