export { asTfjsLoss, type TfjsLoss, type TfjsLossOptions } from './as-tfjs-loss.js';
export { augment, augmentationOptions, type Augmentation } from './augmentation.js';
export { batchLabels, type OwnedBatchLabels } from './batch-labels.js';
export { readBatches, type Batch, type Reading } from './batches.js';
export { checkpointOptions, type CheckpointOptions } from './checkpoint-schedule.js';
export { channelStatistics } from './channel-statistics.js';
export { earlyStoppingOptions, requireMetric, type EarlyStoppingOptions } from './early-stopping.js';
export { errors } from './errors.js';
export { fit, plannedSteps, type FitInput, type FitResult } from './fit.js';
export { initialiseHead } from './head-bias.js';
export { loadModelState, modelState } from './model-state.js';
export {
  createObjective,
  REDUCTIONS,
  type Objective,
  type ObjectiveOptions,
  type ObjectiveStatistics,
  type Reduction,
} from './objective.js';
export { createOptimizer, optimizerOptions, optimizerPlugins, type OptimizerOptions } from './optimizers.js';
export { epochOrder, epochSteps, type Drawing } from './order.js';
export { learningRateAt, scheduleOptions, type Schedule } from './schedules.js';
export { readInputs } from './read-inputs.js';
export { scoreBlocks, scoreExamples, type ScoreBlock, type Scoring } from './score.js';
export { checkScores } from './score-fault.js';
export { Step, type StepResult, type StepTime, type Training } from './step.js';
export { tensorOperations, type Operand } from './tensor-operations.js';
export { trainingOptions, type TrainingOptions } from './training-options.js';
export type { TrainingState } from './training-state.js';
export { averageOptions, type AverageOptions } from './weight-average.js';
