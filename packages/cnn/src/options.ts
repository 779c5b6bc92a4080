import { z } from '@counterweight/core';

/** The options of `cnn`. */
export const options = z.strictObject({
  architecture: z.enum(['plain']).default('plain').describe('`plain`: convolutions, pools, one dense layer.'),
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
  dropout: z.number().min(0).max(0.9).default(0.2).describe('Share of features dropped in training.'),
});

export type CnnOptions = z.output<typeof options>;
