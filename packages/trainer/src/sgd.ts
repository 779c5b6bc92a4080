import * as tf from '@tensorflow/tfjs-core';
import type { NamedAttrMap, NamedTensorInfoMap, Tensor, Variable } from '@tensorflow/tfjs-core';

import { definePlugin, z, type Optimizer } from '@counterweight/core';

import { fusedKernel } from './fused-kernel.js';
import { optimizerSlots } from './optimizer-slots.js';

const options = z.strictObject({
  learningRate: z.number().positive().default(0.1).describe('At the peak of the schedule.'),
  momentum: z.number().min(0).lt(1).default(0.9).describe('Share of the last step that is kept; 0 keeps no memory.'),
  nesterov: z.boolean().default(false).describe('Look ahead by the momentum (Sutskever et al. 2013).'),
});

/** Gradient descent with momentum: a ← momentum·a + g; w ← w − α·a, or w − α·(g + momentum·a) with nesterov. */
function momentumOptimizer({
  momentum,
  nesterov,
}: {
  readonly momentum: number;
  readonly nesterov: boolean;
}): Optimizer {
  const slots = optimizerSlots(momentum === 0 ? [] : ['accumulator']);
  return {
    ...slots.state,
    step: (parameters, gradients, { learningRate }) => {
      const update = momentum === 0 ? descentUpdate : (fusedKernel('CwMomentum') ?? momentumUpdate);
      for (const parameter of parameters) {
        const memory = slots.of(parameter);
        const gradient = gradients.get(parameter.name);
        if (!gradient) continue;
        update({ variable: parameter.variable, gradient, ...memory }, { learningRate, momentum, nesterov });
      }
    },
  };
}

/** The same as the engine's CwMomentum in ordinary operations. */
function momentumUpdate(inputs: NamedTensorInfoMap, attributes: NamedAttrMap): void {
  const { variable, accumulator, gradient } = inputs as unknown as Record<'variable' | 'accumulator', Variable> & {
    gradient: Tensor;
  };
  const { learningRate, momentum, nesterov } = attributes as unknown as {
    learningRate: number;
    momentum: number;
    nesterov: boolean;
  };
  tf.tidy(() => {
    accumulator.assign(tf.add(tf.mul(accumulator, momentum), gradient));
    const direction = nesterov ? tf.add(gradient, tf.mul(accumulator, momentum)) : accumulator;
    variable.assign(tf.sub(variable, tf.mul(direction, learningRate)));
  });
}

function descentUpdate(inputs: NamedTensorInfoMap, attributes: NamedAttrMap): void {
  const { variable, gradient } = inputs as unknown as { variable: Variable; gradient: Tensor };
  const { learningRate } = attributes as unknown as { learningRate: number };
  tf.tidy(() => {
    variable.assign(tf.sub(variable, tf.mul(gradient, learningRate)));
  });
}

export const sgd = definePlugin({ kind: 'optimizer', name: 'sgd', options, create: momentumOptimizer });
