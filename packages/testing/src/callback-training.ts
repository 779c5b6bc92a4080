/** A training small enough to watch, and what is seen of it. */
import * as tf from '@tensorflow/tfjs-core';

import {
  labelStatistics,
  randomStream,
  type BatchEvent,
  type Callback,
  type Dataset,
  type ElementwiseLoss,
  type EpochEvent,
  type Model,
  type Parameter,
} from '@counterweight/core';
import { createOptimizer, fit, modelState, trainingOptions, type FitResult } from '@counterweight/trainer';

/** What a callback was told. */
export type Told =
  { readonly type: 'batchEnd'; readonly event: BatchEvent } | { readonly type: 'epochEnd'; readonly event: EpochEvent };

export interface Watched {
  readonly result: FitResult;
  /** What the callback was told, as it was before it saw it. */
  readonly told: readonly Told[];
  /** All weights at the end, by name. */
  readonly weights: Readonly<Record<string, ArrayLike<number>>>;
}

const bce: ElementwiseLoss = {
  kind: 'elementwise',
  curves: (logit) => ({ positive: logit.neg().softplus(), negative: logit.softplus() }),
};

/** A linear model of the pixels. */
function linearModel({ input, classes }: Dataset): Model {
  const features = input.shape.reduce((a, b) => a * b, 1);
  const random = randomStream(23);
  const values = Float32Array.from({ length: features * classes.length }, () => random.normal() / 9);
  const kernel = tf.tidy(() => tf.variable(tf.tensor2d(values, [features, classes.length])));
  const bias = tf.tidy(() => tf.variable(tf.zeros<tf.Rank.R1>([classes.length])));
  const named = (name: string, variable: tf.Variable): Parameter => ({ name, variable, group: 'head', decay: false });
  return {
    features: (inputs) => tf.reshape(tf.div(inputs, 255), [inputs.shape[0], features]),
    classify: (given) => tf.add<tf.Tensor2D>(tf.matMul(given, kernel), bias),
    parameters: [named('head/kernel', kernel), named('head/bias', bias)],
    buffers: [],
    head: { kernel, bias },
    export: () => Promise.reject(new Error('the model of the conformance kit is not exported')),
    dispose: () => tf.dispose([kernel, bias]),
  };
}

/** A metric that rises, one that falls, and one that is undefined at first. */
const metricsOf = (epoch: number): EpochEvent['metrics'] => ({
  'averagePrecision.macro': 0.2 + epoch / 20,
  'prevalenceRatio.decided': 2 - epoch / 4,
  'f1.macro': epoch === 0 ? null : epoch / 10,
});

/** Three epochs of four batches, with a callback or without one. Frees what it made. */
export async function train(
  dataset: Dataset,
  callback?: Callback,
  evaluate: ((epoch: number) => EpochEvent['metrics']) | null = metricsOf,
): Promise<Watched> {
  const options = trainingOptions.parse({ epochs: 3, batchSize: 4 });
  const model = linearModel(dataset);
  const optimizer = createOptimizer(options.optimizer);
  const told: Told[] = [];
  const recorder: Callback = {
    batchEnd: (event) => void told.push({ type: 'batchEnd', event: { ...event } }),
    epochEnd: (event) => void told.push({ type: 'epochEnd', event: { ...event, metrics: { ...event.metrics } } }),
  };
  try {
    const result = await fit({
      model,
      dataset,
      loss: bce,
      statistics: labelStatistics(dataset.labels, dataset.splits.train),
      optimizer,
      learningRate: 0.05,
      options,
      random: randomStream(5),
      callbacks: [recorder, ...(callback ? [callback] : [])],
      ...(evaluate && { evaluate: (epoch: number) => Promise.resolve(evaluate(epoch)) }),
    });
    return { result, told, weights: modelState(model) };
  } finally {
    optimizer.dispose?.();
    model.dispose();
  }
}
