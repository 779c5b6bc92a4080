import type { Tensor } from '@tensorflow/tfjs-core';

import type { Parameter } from './model.js';
import type { StateArrays, Stateful } from './state.js';

export interface Optimizer extends Stateful {
  /**
   * Moves the parameters; at a learning rate of 0 none. One without a gradient stays, and so does what `decay` spares under a
   * gradient of 0. Within `tidy`; gradients stay as they are.
   * @param parameters known by their names: order and variables may change from step to step
   * @param gradients by `Parameter.name`
   * @param at `step` counts from 1 and is passed in, never counted inside
   */
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
