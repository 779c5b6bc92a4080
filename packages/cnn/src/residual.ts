import type { ModelInput, RandomStream } from '@counterweight/core';

import { batchNorm } from './batch-norm.js';
import { convolution } from './convolution.js';
import { dense } from './dense.js';
import { type Build, type Layer, type Shape, sequence, sum } from './layer.js';
import type { ResidualOptions } from './options.js';
import { standardise } from './standardise.js';
import { dropout, flatten, globalPool, maxPool, relu } from './stateless.js';

/** A block's convolutions, by kernel and by channels as a multiple of the stage's width. */
type Block = readonly { readonly size: 1 | 3; readonly times: 1 | 4 }[];

const BASIC: Block = [
  { size: 3, times: 1 },
  { size: 3, times: 1 },
];
/** The stride is on the 3×3, which loses nothing; He et al. had it on the first 1×1. */
const BOTTLENECK: Block = [
  { size: 1, times: 1 },
  { size: 3, times: 1 },
  { size: 1, times: 4 },
];

/** Blocks of each stage. 18, 34 and 50: He et al. 2016, table 1. */
const DEPTHS: Readonly<Record<ResidualOptions['depth'], { block: Block; stages: readonly number[] }>> = {
  10: { block: BASIC, stages: [1, 1, 1, 1] },
  14: { block: BASIC, stages: [1, 2, 2, 1] },
  18: { block: BASIC, stages: [2, 2, 2, 2] },
  34: { block: BASIC, stages: [3, 4, 6, 3] },
  50: { block: BOTTLENECK, stages: [3, 4, 6, 3] },
};

/** The body of a residual network (He et al. 2016): a stem, four stages of blocks, the last map pooled or flattened. */
export function residual(options: ResidualOptions, input: ModelInput, random: RandomStream): Layer {
  const { depth, width, head, dropout: rate } = options;
  const { block, stages } = DEPTHS[depth];
  return sequence(input.shape, [
    standardise('standardise', input),
    ...stem(width, input.shape, random),
    ...stages.flatMap((count, stage) =>
      Array.from({ length: count }, (_, i) =>
        residualBlock(
          `stage${stage + 1}/block${i + 1}`,
          block,
          { width: width * 2 ** stage, stride: i === 0 && stage > 0 ? 2 : 1 },
          random,
        ),
      ).flat(),
    ),
    head === 'pooled' ? globalPool('pool') : flatten('flatten'),
    ...(options.dense > 0 ? [dense('dense', options.dense, random), batchNorm('dense/norm'), relu('dense/relu')] : []),
    dropout('dropout', rate),
  ]);
}

/** By the longer side. From 112 pixels: 7×7, stride 2, and a pool, a quarter of the side; up to 32: all of it; between: half. */
function stem(width: number, [height = 1, breadth = 1]: Shape, random: RandomStream): readonly Build[] {
  const side = Math.max(height, breadth);
  const large = side >= 112;
  const shape = large ? { size: 7, stride: 2 } : { size: 3, stride: side <= 32 ? 1 : 2 };
  return [
    ...normalised('stem', { width, ...shape }, random),
    ...(large ? [maxPool('stem/pool', 3)] : []),
    relu('stem/relu'),
  ];
}

/**
 * relu(x + f(x)), where the sum's shape differs from x with a projection of x. The last norm's scale starts at 0: every block starts as its
 * shortcut (Goyal et al. 2017, section 5.1).
 */
function residualBlock(
  name: string,
  block: Block,
  { width, stride }: { width: number; stride: number },
  random: RandomStream,
): readonly Build[] {
  const last = block.length - 1;
  const strided = block.findIndex(({ size }) => size === 3);
  const main = block.flatMap(({ size, times }, i) => [
    ...normalised(
      `${name}/conv${i + 1}`,
      { width: width * times, size, stride: i === strided ? stride : 1 },
      random,
      i === last ? 0 : 1,
    ),
    ...(i < last ? [relu(`${name}/relu${i + 1}`)] : []),
  ]);
  const output = width * (block[last]?.times ?? 1);
  const projection = normalised(`${name}/shortcut`, { width: output, size: 1, stride }, random);
  return [
    (input) => sum(`${name}/sum`, [main, stride > 1 || input.at(-1) !== output ? projection : []])(input),
    relu(`${name}/relu`),
  ];
}

const normalised = (
  name: string,
  shape: { width: number; size: number; stride: number },
  random: RandomStream,
  scale = 1,
): readonly Build[] => [convolution(name, shape, random), batchNorm(`${name}/norm`, scale)];
