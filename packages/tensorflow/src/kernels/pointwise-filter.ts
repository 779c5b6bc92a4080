import * as tf from '@tensorflow/tfjs-core';
import type { KernelConfig } from '@tensorflow/tfjs-core';

interface Inputs {
  readonly x: tf.Tensor;
  readonly dy: tf.Tensor;
}

interface Convolution {
  readonly strides: number | readonly [number, number];
  readonly pad: string | number;
  readonly dataFormat: string;
  readonly filterShape: readonly number[];
}

/**
 * tfjs' own Conv2DBackpropFilter, except for filters of 1×1 with a stride: such a filter sees some pixels only, so these are picked
 * first and the stride is gone. oneDNN (TensorFlow 2.21, AVX-512) writes past its memory there when channels are fewer than 16:
 * `corrupted size vs. prev_size` within some thousand calls of mixed sizes.
 */
export function pointwiseFilterGradient(stock: KernelConfig): Pick<KernelConfig, 'kernelName' | 'kernelFunc'> {
  return {
    kernelName: tf.Conv2DBackpropFilter,
    kernelFunc: (given) => {
      const { x, dy } = given.inputs as unknown as Inputs;
      const { strides, pad, dataFormat, filterShape } = given.attrs as unknown as Convolution;
      const [down, across] = typeof strides === 'number' ? [strides, strides] : strides;
      const skips = filterShape[0] === 1 && filterShape[1] === 1 && Math.max(down, across) > 1;
      // No pixels are added: 1×1 needs none for 'same', and tfjs takes 0 for 'valid'. Other numbers tfjs' kernel refuses.
      const isUnpadded = typeof pad === 'string' || pad === 0;
      if (!skips || !isUnpadded || dataFormat !== 'NHWC') return stock.kernelFunc(given);
      // Means of one pixel each: the same numbers as stridedSlice's, in a tenth of its time.
      const seen = tf.avgPool(x as tf.Tensor4D, 1, [down, across], 'valid');
      const attrs = { ...given.attrs, strides: [1, 1], pad: 'valid' };
      const result = stock.kernelFunc({ ...given, inputs: { x: seen, dy }, attrs });
      seen.dispose();
      return result;
    },
  };
}
