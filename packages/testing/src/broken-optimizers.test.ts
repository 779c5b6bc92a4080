/** Every check of an optimiser catches a plugin that breaks its law; the built-in ones keep all. */
import { definePlugin, z, type AnyPlugin, type Optimizer, type Parameter, type StateArrays } from '@counterweight/core';
import { optimizerPlugins } from '@counterweight/trainer';
import * as tf from '@tensorflow/tfjs-core';
import { test } from 'vitest';

import { optimizerChecks, optimizerConformance } from './conformance.js';
import { proven, type Broken } from './fixtures/proven.js';

const rates = z.strictObject({ learningRate: z.number().positive().default(0.1) });
const plugin = (create: () => Optimizer, options: z.ZodType = rates): AnyPlugin<'optimizer'> =>
  definePlugin({ kind: 'optimizer', name: 'broken', options, create });

type Step = Optimizer['step'];
const minus = ({ variable }: Parameter, direction: tf.Tensor, rate: number): void => {
  variable.assign(tf.sub(variable, tf.mul(direction, rate)));
};
/** Gradient descent. */
const descend: Step = (parameters, gradients, { learningRate }) => {
  for (const parameter of parameters) {
    const gradient = gradients.get(parameter.name);
    if (gradient) minus(parameter, gradient, learningRate);
  }
};
const refuse = (state: StateArrays, wanted: readonly string[] = []): void => {
  if (Object.keys(state).join() !== wanted.join()) throw new RangeError('not a state of this optimiser');
};
const forgetful = { save: () => ({}), load: (state: StateArrays) => refuse(state) };
const stepping = (step: Step): AnyPlugin<'optimizer'> => plugin(() => ({ ...forgetful, step }));

/** Descent whose rate falls with the number of its calls, or of what counts as one. */
const counting = (
  memory: (calls: Float64Array) => Pick<Optimizer, 'save' | 'load'>,
  counts: (gradients: number) => boolean = (gradients) => gradients > 0,
): AnyPlugin<'optimizer'> =>
  plugin(() => {
    const calls = new Float64Array(1);
    return {
      ...memory(calls),
      step: (parameters, gradients, at) => {
        if (counts(gradients.size)) calls[0]!++;
        descend(parameters, gradients, { ...at, learningRate: at.learningRate / calls[0]! });
      },
    };
  });
const take = (calls: Float64Array, state: StateArrays): void => {
  refuse(state, ['calls']);
  if (state['calls']!.length !== 1) throw new RangeError('one number');
  calls.set(state['calls']!);
};

const broken: Broken<'optimizer'> = {
  'an unknown option is refused and the options have a JSON Schema': {
    'a loose schema': plugin(
      () => ({ ...forgetful, step: descend }),
      z.object({ learningRate: z.number().default(0.1) }),
    ),
  },
  'the options have a learning rate, the peak of the schedule': {
    'another name for it': plugin(
      () => ({ ...forgetful, step: descend }),
      z.strictObject({ lr: z.number().default(0.1) }),
    ),
  },
  'at a learning rate of 0 nothing moves': {
    'a rate of its own': stepping((parameters, gradients, at) =>
      descend(parameters, gradients, { ...at, learningRate: 0.1 }),
    ),
    'a decay that asks for no rate': stepping((parameters, gradients, at) => {
      descend(parameters, gradients, at);
      for (const { variable, decay } of parameters) if (decay) variable.assign(tf.mul(variable, 0.99));
    }),
  },
  'steps go down a quadratic': {
    'up instead of down': stepping((parameters, gradients, at) =>
      descend(parameters, gradients, { ...at, learningRate: -at.learningRate }),
    ),
    'scalars that are left out': stepping((parameters, gradients, at) =>
      descend(
        parameters.filter(({ variable }) => variable.rank > 0),
        gradients,
        at,
      ),
    ),
  },
  'a parameter without a gradient stays, and is nothing to the others': {
    'everything decays': stepping((parameters, gradients, at) => {
      descend(parameters, gradients, at);
      for (const parameter of parameters) minus(parameter, parameter.variable, 0.01 * at.learningRate);
    }),
    'a rate divided among the parameters': stepping((parameters, gradients, at) =>
      descend(parameters, gradients, { ...at, learningRate: at.learningRate / Math.max(1, parameters.length) }),
    ),
  },
  'parameters are known by their names, in whichever order they come': {
    'memory by position': plugin(() => {
      let last: Float32Array[] = [];
      return {
        ...forgetful,
        step: (parameters, gradients, { learningRate }) => {
          const before = last;
          last = [];
          parameters.forEach((parameter, i) => {
            const gradient = gradients.get(parameter.name);
            if (!gradient) return;
            last[i] = gradient.dataSync<'float32'>().slice();
            minus(parameter, tf.add(gradient, before[i]?.[0] ?? 0), learningRate);
          });
        },
      };
    }),
  },
  'under a gradient of 0 only what decays moves, towards 0': {
    'biases decay too': stepping((parameters, gradients, at) => {
      for (const parameter of parameters)
        if (gradients.has(parameter.name)) minus(parameter, parameter.variable, at.learningRate);
    }),
    'a decay that grows': stepping((parameters, _, at) => {
      for (const parameter of parameters) if (parameter.decay) minus(parameter, parameter.variable, -at.learningRate);
    }),
  },
  'parameters stay finite under gradients of 0, of 1e-20 and of 1e6': {
    'divided by their norm': stepping((parameters, gradients, at) => {
      const normed = [...gradients].map(([name, g]) => [name, tf.div(g, tf.norm(g))] as const);
      descend(parameters, new Map(normed), at);
    }),
  },
  'gradients, shapes and the list of parameters are not changed': {
    'gradients freed': stepping((parameters, gradients, at) => {
      descend(parameters, gradients, at);
      for (const gradient of gradients.values()) gradient.dispose();
    }),
    'gradients used up': stepping((parameters, gradients, at) => {
      descend(parameters, gradients, at);
      (gradients as Map<string, tf.Tensor>).clear();
    }),
    'gradients scaled in place': stepping((parameters, gradients, at) => {
      for (const gradient of gradients.values()) gradient.dataSync<'float32'>()[0]! *= 2;
      descend(parameters, gradients, at);
    }),
  },
  'a fresh instance takes the same steps': {
    noise: stepping((parameters, gradients, at) =>
      descend(parameters, gradients, { ...at, learningRate: at.learningRate * Math.random() }),
    ),
  },
  'steps are not counted inside: one without gradients changes nothing': {
    'a counter of calls': counting(
      (calls) => ({ save: () => ({ calls: calls.slice() }), load: (state) => take(calls, state) }),
      () => true,
    ),
  },
  'stopped, saved and loaded elsewhere, the same bits follow': {
    'a memory that is not saved': counting(() => forgetful),
    'slow weights, averaged in every tenth step, that are not saved': plugin(() => {
      const slow = new Map<string, Float32Array>();
      return {
        ...forgetful,
        step: (parameters, gradients, at) => {
          descend(parameters, gradients, at);
          for (const { name, variable } of parameters) {
            const before = slow.get(name);
            if (before && at.step % 10 !== 0) continue;
            if (before) variable.assign(tf.mul(tf.add(variable, tf.tensor(before, variable.shape)), 0.5));
            slow.set(name, variable.dataSync<'float32'>().slice());
          }
        },
      };
    }),
    'whole numbers that no checkpoint holds': counting((calls) => ({
      save: () => ({ calls: BigInt64Array.of(BigInt(calls[0]!)) as unknown as Float64Array }),
      load: (state) => {
        calls[0] = Number(state['calls']![0]);
      },
    })),
    'a load that adds': counting((calls) => ({
      save: () => ({ calls: calls.slice() }),
      load: (state) => {
        calls[0]! += state['calls']![0]!;
      },
    })),
  },
  'saved arrays are copies, and loaded ones are copied': {
    'the memory itself is saved': counting((calls) => ({
      save: () => ({ calls }),
      load: (state) => take(calls, state),
    })),
    'what is loaded becomes the memory': plugin(() => {
      let calls = new Float64Array(1);
      return {
        save: () => ({ calls: calls.slice() }),
        load: (state) => {
          calls = state['calls'] as Float64Array<ArrayBuffer>;
        },
        step: (parameters, gradients, at) =>
          descend(parameters, gradients, { ...at, learningRate: at.learningRate / ++calls[0]! }),
      };
    }),
  },
  'a state that does not fit the parameters is refused, and nothing of it taken': {
    'anything is taken': counting((calls) => ({
      save: () => ({ calls: calls.slice() }),
      load: (state) => {
        calls.set(state['calls'] ?? []);
      },
    })),
    'taken before it is looked at': counting((calls) => ({
      save: () => ({ calls: calls.slice() }),
      load: (state) => {
        calls.set(state['calls']?.subarray(0, 1) ?? []);
        take(calls, state);
      },
    })),
  },
  'no tensor is left behind by a step, and none after dispose': {
    'tf.keep': stepping((parameters, gradients, at) => {
      tf.keep(tf.scalar(at.learningRate));
      descend(parameters, gradients, at);
    }),
    'a slot made by create': plugin(() => {
      const slot = tf.variable(tf.scalar(0), false);
      return { ...forgetful, step: descend, dispose: () => slot.dispose() };
    }),
    'slots that nobody frees': plugin(() => {
      const slots = new Map<string, tf.Variable>();
      return {
        ...forgetful,
        step: (parameters, gradients, at) => {
          for (const { name, variable } of parameters)
            if (!slots.has(name)) slots.set(name, tf.variable(tf.zerosLike(variable), false));
          descend(parameters, gradients, at);
        },
      };
    }),
  },
};

proven(optimizerChecks, broken);

const OPTIONS: Readonly<Record<string, readonly object[]>> = {
  adamw: [{}, { weightDecay: 0 }, { weightDecay: 0.3, epsilon: 0.01 }],
  adam: [{}, { beta1: 0, beta2: 0.9 }],
  sgd: [{}, { momentum: 0 }, { momentum: 0.7, nesterov: true }],
};
for (const builtIn of optimizerPlugins)
  optimizerConformance({ test, plugin: builtIn, options: OPTIONS[builtIn.name]! });
