import { z } from '@counterweight/core';

const dropout = z.number().min(0).max(0.9).default(0.2).describe('Share of features dropped in training.');

const plain = z.strictObject({
  architecture: z.literal('plain').default('plain').describe('Convolutions, pools, one dense layer.'),
  widths: z
    .array(z.int().min(1).max(2048))
    .min(1)
    .max(8)
    .default([32, 64, 64])
    .describe('Channels of each convolution; a 2×2 max-pool stands between two.'),
  kernel: z
    .union([z.literal('auto'), z.int().min(1).max(31)])
    .default('auto')
    .describe('Side of the first kernel in pixels. `auto`: twice the stride, plus one. The others are 3.'),
  firstStride: z
    .union([z.literal('auto'), z.int().min(1).max(16)])
    .default('auto')
    .describe('Stride of the first convolution. `auto`: 1 up to 32 pixels, 2 up to 79, the longer side / 32 above.'),
  dense: z.int().min(1).max(16384).default(512).describe('Features of the dense layer.'),
  dropout,
});

const residual = z.strictObject({
  architecture: z.literal('residual').describe('Four stages of blocks that add to what they are given.'),
  depth: z
    .literal([10, 14, 18, 34, 50])
    .default(18)
    .describe('Layers with kernels on the longest way, the output counted. 50 has bottleneck blocks.'),
  width: z
    .int()
    .min(1)
    .max(512)
    .default(64)
    .describe('Channels of the first stage; every further stage has twice as many.'),
  head: z
    .enum(['pooled', 'flatten'])
    .default('pooled')
    .describe(
      'What becomes of the last map. `pooled`: each channel’s mean. `flatten`: every cell, so that position counts.',
    ),
  dense: z.int().min(0).max(16384).default(0).describe('Features of a dense layer before the output. 0: none.'),
  dropout,
});

/** The options of `cnn`. */
export const cnnOptions = z.discriminatedUnion('architecture', [plain, residual]);

/** The options of `mlp`. */
export const mlpOptions = z.strictObject({
  hidden: z
    .array(z.int().min(1).max(16384))
    .max(8)
    .default([])
    .describe('Features of each hidden layer. None: a linear model.'),
  dropout: dropout.describe('Share of every hidden layer’s features dropped in training.'),
});

export type PlainOptions = z.output<typeof plain>;
export type ResidualOptions = z.output<typeof residual>;
export type CnnOptions = z.output<typeof cnnOptions>;
export type MlpOptions = z.output<typeof mlpOptions>;
