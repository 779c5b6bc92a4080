export type { Entry } from './entries.js';
export { errors } from './errors.js';
export { loadManifest, type LoadOptions, type Manifest, type ManifestPlugins } from './manifest.js';
export { ManifestError } from './manifest-error.js';
export { check, type Plan } from './plan.js';
export { predict, type PredictedRows, type PredictOptions, type PredictResult, type RowSink } from './predict.js';
export { predictionsFormat, type Choice, type PredictionsAbout, type PredictionsFormat } from './predictions-format.js';
export { run, type RunOptions, type RunResult } from './run.js';
