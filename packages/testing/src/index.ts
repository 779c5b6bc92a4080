export type { Check } from './check.js';
export {
  batchLossChecks,
  batchLossConformance,
  calibratorChecks,
  calibratorConformance,
  callbackChecks,
  callbackConformance,
  datasetChecks,
  datasetConformance,
  drawChecks,
  drawConformance,
  lossChecks,
  lossConformance,
  metricChecks,
  metricConformance,
  mineChecks,
  mineConformance,
  modelChecks,
  modelChecksOn,
  modelConformance,
  optimizerChecks,
  optimizerConformance,
  type Conformance,
  type ModelConformance,
  type DatasetConformance,
} from './conformance.js';
export { batchTrial, type BatchTrial, type BatchTrialResult } from './batch-loss-check.js';
export { ensureBackend, ensureGradients } from './backend.js';
export { createBatchLoss, createDrawer, createLoss, createMiner } from './create.js';
export { errors } from './errors.js';
export { mapped } from './reference-adapter.js';
export type {
  Mapping,
  MetricCase,
  ReferenceAdapter,
  ReferenceCounts,
  ReferenceLoss,
  ReferenceSampler,
} from './reference-adapter.js';
export { trial, type Trial, type TrialResult } from './trial.js';
