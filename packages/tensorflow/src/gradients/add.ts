import * as tf from '@tensorflow/tfjs-core';

import { attributeMakers } from '../attributes.js';
import { type FastGradient, isNative } from './fast-gradient.js';

/** The gradient of a bias that is added along the last axis: BiasAddGrad sums over all others in one pass. */
export const addGradient: FastGradient = {
  kernelName: 'Add',
  create(backend, stock) {
    const make = attributeMakers(backend.binding);
    const attributes = [make.float32(), make.string('data_format', 'NHWC')];
    return {
      inputsToSave: ['a', 'b'],
      gradFunc: (dy, [a, b], attrs) => {
        const gradients = stock.gradFunc(dy, [a!, b!], attrs);
        if (!isNative(backend, dy) || !isBias(b!, a!)) return gradients;
        const summed = () => {
          const flat = backend.executeSingleOutput('BiasAddGrad', attributes, [dy]);
          return b!.rank === 1 ? flat : tf.reshape(flat, b!.shape);
        };
        return { ...gradients, b: summed };
      },
    };
  },
};

/** [c] or [1, …, c] beside […, c]. */
const isBias = (bias: tf.Tensor, to: tf.Tensor): boolean =>
  to.rank >= 2 && bias.rank <= to.rank && bias.size === bias.shape.at(-1) && bias.size === to.shape.at(-1);
