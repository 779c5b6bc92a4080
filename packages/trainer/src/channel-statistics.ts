import type { Dataset, ModelInput } from '@counterweight/core';

import { readBatches } from './batches.js';

const BLOCK = 256;

/**
 * Mean and deviation (of the population) per channel, the last axis of the input, over some examples: the training split.
 * Read in blocks of 256 examples; sums in float64.
 */
export async function channelStatistics(
  dataset: Pick<Dataset, 'input' | 'read'>,
  examples: Int32Array,
): Promise<Pick<ModelInput, 'mean' | 'deviation'>> {
  const channels = dataset.input.shape.at(-1) ?? 1;
  const [sums, squares] = [new Float64Array(channels), new Float64Array(channels)];
  // Sums of differences from the first example's values: squares of large features would cancel.
  let origin: Float64Array | undefined;
  let count = 0;
  for await (const { inputs: values } of readBatches(dataset, examples, { batchSize: BLOCK })) {
    count += values.length / channels;
    origin ??= Float64Array.from(values.subarray(0, channels));
    for (let i = 0; i < values.length; i += channels)
      for (let c = 0; c < channels; c++) {
        const difference = values[i + c]! - origin[c]!;
        sums[c]! += difference;
        squares[c]! += difference * difference;
      }
  }
  const divisor = Math.max(count, 1);
  const means = sums.map((sum) => sum / divisor);
  return {
    mean: [...means.map((mean, c) => mean + (origin?.[c] ?? 0))],
    deviation: [...squares.map((square, c) => Math.sqrt(Math.max(square / divisor - means[c]! ** 2, 0)))],
  };
}
