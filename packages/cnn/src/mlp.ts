import type { ModelInput, RandomStream } from '@counterweight/core';

import { batchNorm } from './batch-norm.js';
import { dense } from './dense.js';
import { type Layer, sequence } from './layer.js';
import type { MlpOptions } from './options.js';
import { standardise } from './standardise.js';
import { dropout, flatten, relu } from './stateless.js';

/** The body of a network on feature vectors, or on flattened images: hidden layers with batch norm; without any, standardised features. */
export function mlp({ hidden, dropout: rate }: MlpOptions, input: ModelInput, random: RandomStream): Layer {
  return sequence(input.shape, [
    standardise('standardise', input),
    ...(input.shape.length > 1 ? [flatten('flatten')] : []),
    ...hidden.flatMap((width, i) => {
      const name = `hidden${i + 1}`;
      return [
        dense(name, width, random),
        batchNorm(`${name}/norm`),
        relu(`${name}/relu`),
        dropout(`${name}/dropout`, rate),
      ];
    }),
  ]);
}
