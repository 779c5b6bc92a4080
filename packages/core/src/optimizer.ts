import type { Tensor } from '@tensorflow/tfjs-core';

import type { Parameter } from './model.js';
import type { StateArrays, Stateful } from './state.js';

export interface Optimizer extends Stateful {
  /** Moves the parameters. `gradients` by `Parameter.name`; `step` counts from 1 and is passed in. */
  step(
    parameters: readonly Parameter[],
    gradients: ReadonlyMap<string, Tensor>,
    at: { readonly step: number; readonly learningRate: number },
  ): void;
  /** With `parameters`, those that `step` will be given: refuses a state that does not fit them before it takes any of it. */
  load(state: StateArrays, parameters?: readonly Parameter[]): void;
  /** Frees the optimiser's own tensors. */
  dispose?(): void;
}
