import type { ModelInput, RandomStream } from '@counterweight/core';

import { batchNorm } from './batch-norm.js';
import { convolution } from './convolution.js';
import { dense } from './dense.js';
import { type Layer, sequence } from './layer.js';
import type { PlainOptions } from './options.js';
import { standardise } from './standardise.js';
import { dropout, flatten, maxPool, relu } from './stateless.js';

/**
 * The body of the plain network: convolutions with batch norm, pools between them, then one dense layer on the flattened map.
 * The pool stands before relu: the same bits (max is monotone, relu too), a quarter of the work.
 */
export function plain(options: PlainOptions, input: ModelInput, random: RandomStream): Layer {
  const { widths, dropout: rate } = options;
  return sequence(input.shape, [
    standardise('standardise', input),
    ...widths.flatMap((width, i) => {
      const name = `conv${i + 1}`;
      return [
        convolution(
          name,
          { width, ...(i === 0 ? firstConvolution(options, input.shape) : { size: 3, stride: 1 }) },
          random,
        ),
        batchNorm(`${name}/norm`),
        ...(i < widths.length - 1 ? [maxPool(`${name}_pool`)] : []),
        relu(`${name}_relu`),
      ];
    }),
    flatten('flatten'),
    dense('dense', options.dense, random),
    batchNorm('dense/norm'),
    relu('dense_relu'),
    dropout('dropout', rate),
  ]);
}

/** `auto`: a stride that leaves the longer side about 32 cells, at least 2 above 32 pixels, and a kernel that overlaps. */
function firstConvolution(
  { firstStride, kernel }: Pick<PlainOptions, 'firstStride' | 'kernel'>,
  [height = 1, width = 1]: readonly number[],
): { size: number; stride: number } {
  const side = Math.max(height, width);
  const stride = firstStride === 'auto' ? (side <= 32 ? 1 : Math.max(2, Math.round(side / 32))) : firstStride;
  return { stride, size: kernel === 'auto' ? 2 * stride + 1 : kernel };
}
