import type { ModelInput } from '@counterweight/core';
import * as tf from '@tensorflow/tfjs-core';

import { type Build, exportedAs, undecayed, variable } from './layer.js';

/** Subtracts the mean and divides by the deviation of each channel, or of each of a vector's features; what never varies is only centred. */
export const standardise =
  (name: string, { mean, deviation }: Pick<ModelInput, 'mean' | 'deviation'>): Build =>
  (input) => {
    const spread = Float32Array.from(deviation, (value) => (value > 0 ? value : 1));
    const centre = variable(Float32Array.from(mean), [mean.length], false);
    const scale = variable(spread, [spread.length], false);
    return {
      output: input,
      forward: (x) => tf.div(tf.sub(x, centre), scale),
      parameters: [],
      buffers: [undecayed(`${name}/mean`, centre), undecayed(`${name}/deviation`, scale)],
      // The layers format has no standardisation of its own; a batch norm without ε, scale and offset is one.
      exported: exportedAs(
        name,
        'BatchNormalization',
        { epsilon: 0, scale: false, center: false },
        { moving_mean: () => centre, moving_variance: () => tf.square(scale) },
      ),
    };
  };
