import type { RandomStream } from '@counterweight/core';
import * as tf from '@tensorflow/tfjs-core';

import { heNormals } from './initialise.js';
import { type Build, exportedAs, kernel, variable } from './layer.js';

/** Fully connected, no bias: a batch norm follows. [features] to [width]. */
export const dense =
  (name: string, width: number, random: RandomStream): Build =>
  ([features = 1]) => {
    const weights = variable(heNormals(features * width, features, random.fork(name)), [features, width]);
    return {
      output: [width],
      forward: (x) => tf.matMul(x, weights),
      parameters: [kernel(`${name}/kernel`, weights)],
      buffers: [],
      exported: exportedAs(name, 'Dense', { units: width, use_bias: false }, { kernel: () => weights }),
    };
  };
