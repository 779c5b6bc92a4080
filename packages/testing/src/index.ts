export { mapped } from './reference-adapter.js';
export type {
  Mapping,
  MetricCase,
  ReferenceAdapter,
  ReferenceCounts,
  ReferenceLoss,
  ReferenceSampler,
} from './reference-adapter.js';
