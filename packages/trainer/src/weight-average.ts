import * as tf from '@tensorflow/tfjs-core';
import type { NamedAttrMap, NamedTensorInfoMap, Variable } from '@tensorflow/tfjs-core';

import { z, type Parameter, type Stateful } from '@counterweight/core';

import { fusedKernel } from './fused-kernel.js';
import { loadVariables, variableState } from './model-state.js';

export const averageOptions = z.strictObject({
  decay: z.number().gt(0).lt(1).default(0.999).describe('Share of the average that a step keeps.'),
  warmup: z
    .boolean()
    .default(true)
    .describe('Keep at most (1 + t)/(10 + t) in step t: the random start is soon forgotten.'),
});
export type AverageOptions = z.output<typeof averageOptions>;

/** An exponential moving average of weights: a ← a − (1 − d)·(a − w) after each step. */
export interface WeightAverage extends Stateful {
  /** @param step counts from 1 */
  update(step: number): void;
  /** Exchanges the model's weights and their average; nothing is copied. */
  swap(): void;
  dispose(): void;
}

/**
 * Averages over steps (Polyak & Juditsky 1992; exponentially, with the warm-up of TensorFlow's `ExponentialMovingAverage`).
 * @param moving parameters and buffers; memory as much as theirs
 */
export function averageWeights(
  moving: readonly Pick<Parameter, 'name' | 'variable'>[],
  { decay, warmup }: AverageOptions,
): WeightAverage {
  const averages = moving.map(({ name, variable }) => ({
    name,
    weights: variable,
    variable: tf.tidy(() => tf.variable(tf.add(variable, 0), false)),
  }));
  return {
    update: (step) => {
      const kept = warmup ? Math.min(decay, (1 + step) / (10 + step)) : decay;
      const approach = fusedKernel('CwAverage') ?? averageUpdate;
      for (const { variable, weights } of averages) approach({ variable, toward: weights }, { share: 1 - kept });
    },
    swap: () => {
      for (const { variable, weights } of averages) exchange(variable, weights);
    },
    save: () => variableState(averages),
    load: (state) => {
      loadVariables('average', averages, state);
    },
    dispose: () => {
      tf.dispose(averages.map(({ variable }) => variable));
    },
  };
}

/** The same as the engine's CwAverage in ordinary operations. */
function averageUpdate(inputs: NamedTensorInfoMap, attributes: NamedAttrMap): void {
  const { variable, toward } = inputs as unknown as Record<'variable' | 'toward', Variable>;
  const { share } = attributes as unknown as { share: number };
  tf.tidy(() => {
    variable.assign(tf.sub(variable, tf.mul(tf.sub(variable, toward), share)));
  });
}

/** Clones share memory: only names move. */
function exchange(a: Variable, b: Variable): void {
  tf.tidy(() => {
    const [valueOfA, valueOfB] = [tf.clone(a), tf.clone(b)];
    a.assign(valueOfB);
    b.assign(valueOfA);
  });
}
