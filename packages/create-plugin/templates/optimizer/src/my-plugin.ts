import { z, type Optimizer, type Parameter, type StateArrays } from '@counterweight/core';
import * as tf from '@tensorflow/tfjs-core';

const share = z.number().min(0).lt(1);
export const options = z.strictObject({
  learningRate: z
    .number()
    .gt(0)
    .default(0.0004)
    .describe('At the peak of the schedule: a tenth to a third of AdamW’s.'),
  beta1: share.default(0.9).describe('Share of the momentum in the direction of a step.'),
  beta2: share.default(0.99).describe('Share of the momentum that is kept.'),
  weightDecay: z.number().min(0).default(0.2).describe('Share of a kernel that a step at rate 1 would take away.'),
});
export type MyPluginOptions = z.output<typeof options>;

/**
 * Lion. With the gradient g, the momentum m and the rate α of the schedule:
 *
 *     w ← w − α·(sign(β₁·m + (1 − β₁)·g) + λ·w)        m ← β₂·m + (1 − β₂)·g
 *
 * Chen et al. 2023, "Symbolic discovery of optimization algorithms". λ is 0 for parameters that do not decay.
 */
export function myPlugin({ beta1, beta2, weightDecay }: MyPluginOptions): Optimizer {
  const momenta = new Map<string, tf.Variable>();
  /** Loaded, of parameters that have not come yet. */
  const waiting = new Map<string, Float32Array>();

  const momentumOf = ({ name, variable: { shape } }: Parameter): tf.Variable => {
    const known = momenta.get(name);
    if (known) return known;
    const saved = waiting.get(name);
    const made = tf.tidy(() => tf.variable(saved ? tf.tensor(saved, shape) : tf.zeros(shape), false));
    waiting.delete(name);
    momenta.set(name, made);
    return made;
  };
  const dispose = (): void => {
    tf.dispose([...momenta.values()]);
    momenta.clear();
    waiting.clear();
  };
  return {
    step: (parameters, gradients, { learningRate }) => {
      for (const parameter of parameters) {
        const momentum = momentumOf(parameter);
        const gradient = gradients.get(parameter.name);
        if (!gradient) continue;
        const { variable, decay } = parameter;
        tf.tidy(() => {
          const mixed = (beta: number) => tf.add(tf.mul(momentum, beta), tf.mul(gradient, 1 - beta));
          const direction = tf.sign(mixed(beta1));
          const change = decay ? tf.add(direction, tf.mul(variable, weightDecay)) : direction;
          variable.assign(tf.sub(variable, tf.mul(change, learningRate)));
          momentum.assign(mixed(beta2));
        });
      }
    },
    // All memory goes out as plain numbers and comes back: a run that was stopped goes on to the same bits.
    save: () => {
      const state: Record<string, Float32Array> = {};
      for (const [name, values] of waiting) state[name] = values.slice();
      for (const [name, momentum] of momenta) state[name] = momentum.dataSync<'float32'>().slice();
      return state;
    },
    load: (state, parameters) => {
      if (parameters) checkFits(state, parameters);
      dispose();
      for (const [name, values] of Object.entries(state)) waiting.set(name, Float32Array.from(values));
    },
    dispose,
  };
}

/** Before anything is taken. */
function checkFits(state: StateArrays, parameters: readonly Parameter[]): void {
  for (const { name, variable } of parameters)
    if (state[name]?.length !== variable.size)
      throw new RangeError(`momentum of ${name}: ${state[name]?.length ?? 'no'} numbers, expected ${variable.size}`);
  const unknown = Object.keys(state).find((key) => !parameters.some(({ name }) => name === key));
  if (unknown !== undefined) throw new RangeError(`momentum of ${unknown}: there is no such parameter`);
}
