export type { Check } from './check.js';
export {
  drawChecks,
  drawConformance,
  lossChecks,
  lossConformance,
  mineChecks,
  mineConformance,
  type Conformance,
} from './conformance.js';
export { ensureBackend } from './backend.js';
export { createDrawer, createLoss, createMiner } from './create.js';
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
