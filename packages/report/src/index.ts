export { errors } from './errors.js';
export { SEED_NOISE } from './noise.js';
export { compareRuns, reportRun, type Comparison } from './report.js';
export { type ClassRow } from './per-class.js';
export { readRun, type EpochRecord, type Run } from './run.js';
export { summarise, type Baseline, type Summary } from './summary.js';
