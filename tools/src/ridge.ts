import { type Dataset, type LabelStatistics, type Scores, selectRows } from '@counterweight/core';
import { averagePrecision, includedClasses, matrixScores, ranking } from '@counterweight/metrics';
import { loadEngine } from '@counterweight/tensorflow';
import { readInputs } from '@counterweight/trainer';
import * as tf from '@tensorflow/tfjs-core';

import { normalEquations } from './normal-equations.js';

export interface RidgeInput {
  readonly dataset: Dataset;
  /** Of the training split. */
  readonly statistics: LabelStatistics;
  /** The classes that are evaluated; those with a validation positive choose the strength. */
  readonly minimumPositives: { readonly train: number; readonly test: number };
}

export interface Ridge {
  /** Of the test split. */
  readonly scores: Scores;
  /** The chosen strength, relative to the mean eigenvalue of the pixels' scatter matrix. */
  readonly strength: number;
}

const STRENGTHS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10];

/**
 * One-vs-rest ridge regression on centred pixels in closed form (Hoerl and Kennard 1970, eq. 2.1): the linear model that a
 * network has to beat. The strength is the one with the best macro average precision on validation.
 * Memory O(s² + s · classes), s the smaller of pixels per image and training images.
 */
export async function ridge({ dataset, statistics, minimumPositives }: RidgeInput): Promise<Ridge> {
  const { backend } = await loadEngine();
  const { labels, splits, classes } = dataset;
  const [train, validation, test] = await centredPixels(dataset, [splits.train, splits.validation, splits.test]);
  const equations = normalEquations(backend, train!, selectRows(labels, splits.train));
  const predict = (pixels: tf.Tensor2D, strength: number): Scores => {
    const values = equations.predict(pixels, strength);
    const mean = statistics.positives.map((count) => count / splits.train.length);
    for (let i = 0; i < values.length; i++) values[i]! += mean[i % classes.length]!;
    return matrixScores(values, pixels.shape[0], classes.length);
  };

  const evaluation = {
    labels: selectRows(labels, splits.validation),
    training: statistics,
    included: includedClasses(statistics, selectRows(labels, splits.test), minimumPositives),
    threshold: 0.5,
  };
  let best = { strength: STRENGTHS[0]!, macro: -1 };
  for (const strength of STRENGTHS) {
    const ranked = await ranking({ ...evaluation, scores: predict(validation!, strength) });
    const macro = averagePrecision(ranked).values.macro ?? 0;
    if (macro > best.macro) best = { strength, macro };
  }
  const scores = predict(test!, best.strength);
  equations.dispose();
  tf.dispose([train, validation, test]);
  return { scores, strength: best.strength };
}

/** Pixels from 0 to 1 of some splits, less the mean of the first: [rows, pixels] each. */
async function centredPixels(dataset: Dataset, splits: readonly Int32Array[]): Promise<tf.Tensor2D[]> {
  const size = dataset.input.shape.reduce((product, side) => product * side, 1);
  const scale = dataset.input.dtype === 'uint8' ? 1 / 255 : 1;
  const read = async (rows: Int32Array): Promise<tf.Tensor2D> => {
    const values = new Float32Array(await readInputs(dataset, rows));
    for (let i = 0; i < values.length; i++) values[i]! *= scale;
    return tf.tensor2d(values, [rows.length, size]);
  };
  const pixels: tf.Tensor2D[] = [];
  for (const rows of splits) pixels.push(await read(rows));
  const mean = tf.mean(pixels[0]!, 0);
  const centred = pixels.map((values) => tf.sub<tf.Tensor2D>(values, mean));
  tf.dispose([pixels, mean]);
  return centred;
}
