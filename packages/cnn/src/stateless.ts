import * as tf from '@tensorflow/tfjs-core';

import { type Build, exportedAs, type Layer } from './layer.js';

const nothing = { parameters: [], buffers: [] } satisfies Partial<Layer>;

/** Largest of each window, which start at every other row and column (padding `same`). [h, w, c] to [⌈h / 2⌉, ⌈w / 2⌉, c]. */
export const maxPool =
  (name: string, size = 2): Build =>
  ([height = 1, width = 1, channels = 1]) => ({
    ...nothing,
    output: [Math.ceil(height / 2), Math.ceil(width / 2), channels],
    forward: (x) => tf.maxPool(x as tf.Tensor4D, size, 2, 'same'),
    exported: exportedAs(name, 'MaxPooling2D', { pool_size: [size, size], strides: [2, 2], padding: 'same' }),
  });

export const relu =
  (name: string): Build =>
  (input) => ({
    ...nothing,
    output: input,
    forward: (x) => tf.relu(x),
    exported: exportedAs(name, 'Activation', { activation: 'relu' }),
  });

/** Keeps where things are, which global pooling throws away: icons need it (0.44 against 0.31 macro AP on Tabler icons). */
export const flatten =
  (name: string): Build =>
  (input) => {
    const features = input.reduce((product, size) => product * size, 1);
    return {
      ...nothing,
      output: [features],
      forward: (x) => tf.reshape(x, [-1, features]),
      exported: exportedAs(name, 'Flatten'),
    };
  };

/** Mean of each channel: [h, w, c] to [c]. */
export const globalPool =
  (name: string): Build =>
  (input) => ({
    ...nothing,
    output: input.slice(2),
    forward: (x) => tf.mean(x, [1, 2]),
    exported: exportedAs(name, 'GlobalAveragePooling2D'),
  });

/** In training, sets a share of the values to 0 and scales up the rest (Srivastava et al. 2014). */
export const dropout =
  (name: string, rate: number): Build =>
  (input) => ({
    ...nothing,
    output: input,
    forward: (x, { training, random }) =>
      training && rate > 0 ? tf.dropout(x, rate, undefined, random.fork(name).integer(2 ** 31)) : x,
    exported: exportedAs(name, 'Dropout', { rate }),
  });
