import type { RandomStream } from '@counterweight/core';
import * as tf from '@tensorflow/tfjs-core';

import { heNormals } from './initialise.js';
import { type Build, exportedAs, kernel, variable } from './layer.js';

/** Convolution with padding `same` and no bias: a batch norm follows. [h, w, c] to [⌈h / stride⌉, ⌈w / stride⌉, width]. */
export const convolution =
  (
    name: string,
    { width, size, stride }: { width: number; size: number; stride: number },
    random: RandomStream,
  ): Build =>
  ([height = 1, breadth = 1, channels = 1]) => {
    const inputs = size * size * channels;
    const weights = variable(heNormals(inputs * width, inputs, random.fork(name)), [size, size, channels, width]);
    return {
      output: [Math.ceil(height / stride), Math.ceil(breadth / stride), width],
      forward: (x) => tf.conv2d(x as tf.Tensor4D, weights as tf.Variable<tf.Rank.R4>, stride, 'same'),
      parameters: [kernel(`${name}/kernel`, weights)],
      buffers: [],
      exported: exportedAs(
        name,
        'Conv2D',
        {
          filters: width,
          kernel_size: [size, size],
          strides: [stride, stride],
          padding: 'same',
          use_bias: false,
        },
        { kernel: () => weights },
      ),
    };
  };
