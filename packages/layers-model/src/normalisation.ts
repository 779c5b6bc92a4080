import type { ModelInput } from '@counterweight/core';

import type { LayersModelOptions } from './options.js';

/** What is taken from each channel of a pixel of 0 to 255, and what it is divided by then; undefined: nothing. */
export interface Normalisation {
  /** [channels] */
  readonly mean: Float32Array;
  readonly deviation: Float32Array;
}

/** A channel that never varies is only centred. */
export function normalisation(
  choice: LayersModelOptions['normalise'],
  { shape, mean, deviation }: ModelInput,
): Normalisation | undefined {
  const channels = shape.at(-1) ?? 0;
  const all = (mean: number, deviation: number): Normalisation => ({
    mean: new Float32Array(channels).fill(mean),
    deviation: new Float32Array(channels).fill(deviation),
  });
  switch (choice) {
    case 'none':
      return undefined;
    case '0..1':
      return all(0, 255);
    case '-1..1':
      return all(127.5, 127.5);
    case 'dataset':
      return {
        mean: Float32Array.from(mean),
        deviation: Float32Array.from(deviation, (value) => (value > 0 ? value : 1)),
      };
  }
}
