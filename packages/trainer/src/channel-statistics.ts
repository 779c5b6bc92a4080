import type { Dataset, ModelInput } from '@counterweight/core';

const BLOCK = 256;

/**
 * Mean and deviation (of the population) per channel, the last axis of the input, over some examples: the training split.
 * Read in blocks of 256 examples; sums in float64.
 */
export async function channelStatistics(
  dataset: Pick<Dataset, 'input' | 'read'>,
  examples: Int32Array,
): Promise<Pick<ModelInput, 'mean' | 'deviation'>> {
  const { shape, dtype } = dataset.input;
  const size = shape.reduce((a, b) => a * b, 1);
  const channels = shape.at(-1) ?? 1;
  const [sums, squares] = [new Float64Array(channels), new Float64Array(channels)];
  // Sums of differences from the first example's values: squares of large features would cancel.
  let origin: Float64Array | undefined;
  for (let from = 0; from < examples.length; from += BLOCK) {
    const block = examples.subarray(from, from + BLOCK);
    const values = dtype === 'uint8' ? new Uint8Array(block.length * size) : new Float32Array(block.length * size);
    await dataset.read(block, values);
    origin ??= Float64Array.from(values.subarray(0, channels));
    for (let i = 0; i < values.length; i += channels)
      for (let c = 0; c < channels; c++) {
        const difference = values[i + c]! - origin[c]!;
        sums[c]! += difference;
        squares[c]! += difference * difference;
      }
  }
  const count = Math.max((examples.length * size) / channels, 1);
  const means = sums.map((sum) => sum / count);
  return {
    mean: [...means.map((mean, c) => mean + (origin?.[c] ?? 0))],
    deviation: [...squares.map((square, c) => Math.sqrt(Math.max(square / count - means[c]! ** 2, 0)))],
  };
}
