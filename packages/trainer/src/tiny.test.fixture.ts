import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';

import {
  labelsFromRows,
  labelStatistics,
  randomStream,
  type Dataset,
  type ElementwiseLoss,
  type LabelStatistics,
  type Model,
  type Parameter,
  type SparseLabels,
} from '@counterweight/core';

/** Binary cross-entropy. */
export const bce: ElementwiseLoss = {
  kind: 'elementwise',
  curves: (logit) => ({ positive: logit.neg().softplus(), negative: logit.softplus() }),
};

/** Small images in memory; class c is there where the brightness of pixel c passes a rank of its own. */
export function tinyDataset(
  options: { examples?: number; classes?: number; labels?: SparseLabels; seed?: number } = {},
): Dataset {
  const { examples = 22, classes = 5, seed = 0 } = options;
  const shape = [4, 4, 1];
  const random = randomStream(seed).fork('images');
  const images = Uint8Array.from({ length: examples * 16 }, () => random.integer(256));
  const rows = Array.from({ length: examples }, (_, i) =>
    Array.from({ length: classes }, (_, c) => c).filter((c) => images[i * 16 + c]! > 255 * (1 - 0.5 / (c + 1))),
  );
  const all = Int32Array.from({ length: examples }, (_, i) => i);
  return {
    classes: Array.from({ length: classes }, (_, c) => `class ${c}`),
    input: { shape, dtype: 'uint8' },
    labels: options.labels ?? labelsFromRows(rows, classes),
    splits: { train: all, validation: all.slice(0, 4), test: all.slice(0, 0) },
    fingerprint: 'tiny',
    id: String,
    read: (wanted, into) => {
      wanted.forEach((example, i) => into.set(images.subarray(example * 16, (example + 1) * 16), i * 16));
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}

export const statisticsOf = ({ labels, splits }: Dataset): LabelStatistics => labelStatistics(labels, splits.train);

/** One hidden layer of eight. */
export function tinyModel(dataset: Dataset, seed = 0): Model {
  const random = randomStream(seed).fork('weights');
  const classes = dataset.classes.length;
  const variable = <R extends tf.Rank>(shape: tf.ShapeMap[R]): tf.Variable<R> => {
    const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal() / 3);
    return tf.tidy(() => tf.variable<R>(tf.tensor<R>(values, shape)));
  };
  const hidden = variable<tf.Rank.R2>([16, 8]);
  const kernel = variable<tf.Rank.R2>([8, classes]);
  const bias = variable<tf.Rank.R1>([classes]);
  const parameters: Parameter[] = [
    { name: 'hidden', variable: hidden, group: 'body', decay: true },
    { name: 'head/kernel', variable: kernel, group: 'head', decay: true },
    { name: 'head/bias', variable: bias, group: 'head', decay: false },
  ];
  return {
    features: (inputs) => tf.tanh(tf.matMul(tf.reshape(tf.div(inputs, 255), [inputs.shape[0], 16]), hidden)),
    classify: (features) => tf.add<Tensor2D>(tf.matMul(features, kernel), bias),
    parameters,
    buffers: [],
    head: { kernel, bias },
    export: () => Promise.resolve(),
    dispose: () => tf.dispose([hidden, kernel, bias]),
  };
}

/** All parameters, one after the other. */
export const weightsOf = ({ parameters }: Model): number[] =>
  parameters.flatMap(({ variable }) => [...variable.dataSync()]);
