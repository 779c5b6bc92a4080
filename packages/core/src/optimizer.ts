import type { Tensor } from '@tensorflow/tfjs-core';

import type { Parameter } from './model.js';
import type { Stateful } from './state.js';

export interface Optimizer extends Stateful {
  /** Moves the parameters. `gradients` by `Parameter.name`; `step` counts from 1 and is passed in. */
  step(
    parameters: readonly Parameter[],
    gradients: ReadonlyMap<string, Tensor>,
    at: { readonly step: number; readonly learningRate: number },
  ): void;
  /** Frees the optimiser's own tensors. */
  dispose?(): void;
}
