import * as tf from '@tensorflow/tfjs-core';
import type { NamedAttrMap, NamedTensorInfoMap, Tensor, Variable } from '@tensorflow/tfjs-core';

import { definePlugin, z, type Optimizer } from '@counterweight/core';

import { fusedKernel } from './fused-kernel.js';
import { optimizerSlots } from './optimizer-slots.js';

const beta = z.number().min(0).lt(1);
const learningRate = z.number().positive();
const moments = {
  beta1: beta.default(0.9).describe('Decay of the mean gradient.'),
  beta2: beta.default(0.999).describe('Decay of the mean squared gradient.'),
  epsilon: z
    .number()
    .positive()
    .default(1e-7)
    .describe("TensorFlow's ε̂, added to the root before its bias is corrected: PyTorch's is this over √(1 − β2ᵗ)."),
};
const adamOptions = z.strictObject({
  learningRate: learningRate.default(0.001).describe('At the peak of the schedule.'),
  ...moments,
});
const adamwOptions = z.strictObject({
  learningRate: learningRate.default(0.004).describe('At the peak of the schedule.'),
  ...moments,
  weightDecay: z
    .number()
    .min(0)
    .default(0.02)
    .describe('Share of a kernel that a step at rate 1 would take away; not of biases and norms.'),
});

type Moments = Omit<z.infer<typeof adamOptions>, 'learningRate'>;

/**
 * Adam (Kingma & Ba 2015, the efficient form at the end of section 2): m and v are moving means of g and g²,
 * w ← w − α·√(1 − β2ᵗ)/(1 − β1ᵗ) · m / (√v + ε̂).
 * AdamW (Loshchilov & Hutter 2019, algorithm 2) first takes the share α·weightDecay from every parameter that decays.
 */
function adamOptimizer(options: Moments & { readonly weightDecay: number }): Optimizer {
  const slots = optimizerSlots(['m', 'v']);
  return {
    ...slots.state,
    step: (parameters, gradients, at) => {
      const update = fusedKernel('CwAdam') ?? adamUpdate;
      const decay = fusedKernel('CwDecay') ?? decayUpdate;
      for (const parameter of parameters) {
        const memory = slots.of(parameter);
        const gradient = gradients.get(parameter.name);
        if (!gradient) continue;
        const { variable } = parameter;
        if (parameter.decay && options.weightDecay > 0)
          decay({ variable }, { rate: at.learningRate * options.weightDecay });
        const { beta1, beta2, epsilon } = options;
        update({ variable, gradient, ...memory }, { ...at, beta1, beta2, epsilon });
      }
    },
  };
}

/** The same as the engine's CwAdam in ordinary operations. */
function adamUpdate(inputs: NamedTensorInfoMap, attributes: NamedAttrMap): void {
  const { variable, m, v, gradient } = inputs as unknown as Record<'variable' | 'm' | 'v', Variable> & {
    gradient: Tensor;
  };
  const { learningRate, step, beta1, beta2, epsilon } = attributes as unknown as Moments & {
    learningRate: number;
    step: number;
  };
  tf.tidy(() => {
    m.assign(tf.add(m, tf.mul(tf.sub(gradient, m), 1 - beta1)));
    v.assign(tf.add(v, tf.mul(tf.sub(tf.square(gradient), v), 1 - beta2)));
    const rate = (learningRate * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step);
    variable.assign(tf.sub(variable, tf.div(tf.mul(m, rate), tf.add(tf.sqrt(v), epsilon))));
  });
}

function decayUpdate(inputs: NamedTensorInfoMap, attributes: NamedAttrMap): void {
  const { variable } = inputs as unknown as { variable: Variable };
  const { rate } = attributes as unknown as { rate: number };
  tf.tidy(() => {
    variable.assign(tf.mul(variable, 1 - rate));
  });
}

export const adam = definePlugin({
  kind: 'optimizer',
  name: 'adam',
  options: adamOptions,
  create: (options) => adamOptimizer({ ...options, weightDecay: 0 }),
});

export const adamw = definePlugin({ kind: 'optimizer', name: 'adamw', options: adamwOptions, create: adamOptimizer });
