import { attributeMakers } from '../attributes.js';
import { type FastGradient, isNative } from './fast-gradient.js';

/** dx = dy where y > 0, in one pass by ReluGrad; tfjs' own takes three (step, cast, product). */
export const reluGradient: FastGradient = {
  kernelName: 'Relu',
  create(backend, stock) {
    const attributes = [attributeMakers(backend.binding).float32()];
    return {
      outputsToSave: [true],
      // The stock gradient asks for the sign of x: that of y = max(x, 0) serves as well, and x need not be kept.
      gradFunc: (dy, [y], attrs) =>
        isNative(backend, y!)
          ? { x: () => backend.executeSingleOutput('ReluGrad', attributes, [dy, y!]) }
          : stock.gradFunc(dy, [y!], attrs),
    };
  },
};
