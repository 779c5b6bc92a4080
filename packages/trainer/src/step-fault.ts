/** Why a step cannot be taken: slow, and only asked once it could not. Who is at fault is told by doing its parts again. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';

import { isCounterweightError, type RandomStream } from '@counterweight/core';

import { batchLabels, type OwnedBatchLabels } from './batch-labels.js';
import type { Batch } from './batches.js';
import { inTidy, largest, ORDINARY_WEIGHT, type Culprit } from './culprit.js';
import { errors } from './errors.js';
import { forward } from './forward.js';
import { failed, methodOf } from './plugin-call.js';
import type { StepTime, Training } from './step.js';

const ORDINARY_INPUT = 1e6;

/** The batch of a step that failed. */
export interface FailedStep {
  readonly training: Training;
  readonly time: Pick<StepTime, 'epoch' | 'step'>;
  readonly batch: Batch;
  /** As the model was given it. */
  readonly random: RandomStream;
  /** Of all batches of the step. */
  readonly examples: Int32Array;
  /** By parameter, where they are at fault: of this batch alone. */
  readonly gradients?: ReadonlyMap<string, Tensor>;
}

/** @param what is not finite: `loss NaN` @returns plugin-not-finite where a plugin made it, else diverged */
export function notFinite(failure: FailedStep, what: string): Error {
  const { epoch, step } = failure.time;
  const culprit = withLabels(failure, (labels) => inTidy(() => culpritOf(failure, labels)));
  return toldOf(culprit, { what, epoch, step, examples: failure.examples });
}

/** Of parameters and buffers after an update by finite gradients. Undefined where they are finite. */
export function weightFault(
  { model, optimizer }: Pick<Training, 'model' | 'optimizer'>,
  about: { readonly epoch: number; readonly step: number; readonly examples: Int32Array },
): Error | undefined {
  let most = 0;
  for (const { name, variable } of model.parameters) {
    const size = variable.isDisposed ? NaN : largest(variable.dataSync());
    most = Math.max(most, size);
    if (Number.isFinite(size)) continue;
    const method = methodOf(optimizer, 'optimizer', 'step');
    const found = variable.isDisposed ? `${name} is disposed` : `${name} holds NaN`;
    // Numbers that only grew too large are no fault of its own: the learning rate is.
    const culprit = Number.isNaN(size) ? { method, found, expected: UPDATED } : undefined;
    return toldOf(culprit, { ...about, what: `parameter ${name} holding ${size}` });
  }
  for (const { name, variable } of model.buffers) {
    const size = largest(variable.dataSync());
    if (Number.isFinite(size)) continue;
    const method = methodOf(model, 'model', 'features');
    const culprit = { method, found: `the buffer ${name} holds ${size}`, expected: 'finite buffers' };
    return toldOf(most <= ORDINARY_WEIGHT ? culprit : undefined, { ...about, what: `buffer ${name} holding ${size}` });
  }
  return most < HOPELESS ? undefined : toldOf(undefined, { ...about, what: `a parameter of ${most}` });
}

/** The square of a weight like this is no float32 any longer. */
const HOPELESS = 1e18;

const UPDATED = 'finite parameters after finite gradients';

/** What was thrown while a step was differentiated, outside of any plugin's method. */
export function notDifferentiable(failure: FailedStep, error: unknown): Error {
  if (isCounterweightError(error)) return error;
  const { model, objective } = failure.training;
  let logits: Tensor2D | undefined;
  const isOfLoss = withLabels(failure, (labels) =>
    inTidy(() => {
      try {
        logits = forward(model, imagesOf(failure.batch), modeOf(failure));
        tf.grad((z) => objective.value(z as Tensor2D, labels))(logits);
        return false;
      } catch {
        return logits !== undefined;
      }
    }),
  );
  const { method } = objective;
  const features = methodOf(model, 'model', 'features');
  return failed(
    isOfLoss ? { ...method, doing: `${method.doing}, its gradient` } : { ...features, doing: 'its gradient' },
    error,
  );
}

function toldOf(
  culprit: Culprit | undefined,
  about: { readonly what: string; readonly epoch: number; readonly step: number; readonly examples: Int32Array },
): Error {
  if (!culprit) return errors.diverged(about);
  const { method, ...told } = culprit;
  const { use, doing, place } = method;
  const { what: _, ...at } = about;
  return errors['plugin-not-finite']({ ...told, use, doing, at }, place && { place });
}

function culpritOf(failure: FailedStep, labels: OwnedBatchLabels): Culprit | undefined {
  const { training, batch, gradients } = failure;
  const { model, objective, optimizer, dataset } = training;
  const size = largest(batch.inputs);
  if (!Number.isFinite(size)) {
    const at = batch.inputs.findIndex((value) => !Number.isFinite(value));
    const example = batch.examples[Math.floor((at * batch.examples.length) / batch.inputs.length)]!;
    const found = `${batch.inputs[at]} in example ${example}`;
    return dataset && { method: methodOf(dataset, 'dataset', 'read'), found, expected: 'finite inputs' };
  }
  const weights = Math.max(...model.parameters.map(({ variable }) => largest(variable.dataSync())));
  if (Number.isNaN(weights)) {
    const [method, expected] =
      failure.time.step === 1
        ? ([methodOf(model, 'model', 'create'), 'finite parameters to begin with'] as const)
        : ([methodOf(optimizer, 'optimizer', 'step'), UPDATED] as const);
    return { method, found: 'NaN in the parameters', expected };
  }
  // Large ones overflow in a network through nobody's fault.
  const isOrdinary = weights <= ORDINARY_WEIGHT && size <= ORDINARY_INPUT;
  const ofModel = (method: string, found: string): Culprit | undefined =>
    isOrdinary
      ? {
          method: methodOf(model, 'model', method),
          found: `${found}, from finite inputs and parameters`,
          expected: 'finite numbers',
        }
      : undefined;
  for (const { name, variable } of model.buffers)
    if (!Number.isFinite(largest(variable.dataSync()))) return ofModel('features', `buffer ${name} is not finite`);
  const features = model.features(imagesOf(batch), modeOf(failure));
  if (!Number.isFinite(largest(features.dataSync()))) return ofModel('features', 'features are not finite');
  const logits = model.classify(features);
  if (!Number.isFinite(largest(logits.dataSync()))) return ofModel('classify', 'logits are not finite');
  const ofLoss = objective.culprit(logits, labels);
  if (ofLoss) return ofLoss;
  for (const [name, gradient] of gradients ?? [])
    if (!Number.isFinite(largest(gradient.dataSync())))
      return ofModel('features', `the gradient of ${name} is not finite`);
  return undefined;
}

const imagesOf = ({ inputs, examples, shape }: Batch): Tensor => tf.tensor(inputs, [examples.length, ...shape]);

const modeOf = ({ training: { frozen }, random }: FailedStep) => ({ training: true, frozen, random });

function withLabels<T>({ training, time, batch }: FailedStep, use: (labels: OwnedBatchLabels) => T): T {
  const labels = batchLabels(training.labels, batch.examples, time.epoch);
  try {
    return use(labels);
  } finally {
    labels.dispose();
  }
}
