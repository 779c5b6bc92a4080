import * as tf from '@tensorflow/tfjs-core';
import type { Variable } from '@tensorflow/tfjs-core';

import type { Optimizer, Parameter } from '@counterweight/core';

import { errors } from './errors.js';
import { variableLayout } from './model-state.js';
import { findMismatch, layoutOf } from './state-arrays.js';

/** An optimiser's memory: some variables per parameter, shaped as it, zero at first. */
export interface Slots<Name extends string> {
  readonly of: (parameter: Parameter) => Readonly<Record<Name, Variable>>;
  readonly state: Pick<Optimizer, 'save' | 'load'> & { dispose(): void };
}

/**
 * A state that is loaded waits as plain arrays until its parameter comes with a shape. Where the parameters are told, it must
 * have each one's slots and nothing else.
 */
export function optimizerSlots<Name extends string>(names: readonly Name[]): Slots<Name> {
  const slots = new Map<string, Record<Name, Variable>>();
  const waiting = new Map<string, Float32Array>();

  const create = (key: string, like: Variable): Variable => {
    const { shape } = like;
    const saved = waiting.get(key);
    if (!saved) return tf.tidy(() => tf.variable(tf.zeros(shape), false));
    const [found, expected] = [layoutOf(saved), variableLayout(like)];
    if (found !== expected) throw errors['optimizer-state-wrong']({ name: key, found, expected });
    waiting.delete(key);
    return tf.tidy(() => tf.variable(tf.tensor(saved, shape), false));
  };
  const dispose = (): void => {
    for (const slot of slots.values()) tf.dispose(Object.values<Variable>(slot));
    slots.clear();
    waiting.clear();
  };
  return {
    of: ({ name, variable }) => {
      const known = slots.get(name);
      if (known) return known;
      const made = Object.fromEntries(names.map((slot) => [slot, create(`${name}/${slot}`, variable)])) as Record<
        Name,
        Variable
      >;
      slots.set(name, made);
      return made;
    },
    state: {
      save: () => {
        const state: Record<string, Float32Array> = Object.fromEntries(
          [...waiting].map(([key, saved]) => [key, saved.slice()]),
        );
        for (const [name, slot] of slots)
          for (const each of names) state[`${name}/${each}`] = (slot[each].dataSync() as Float32Array).slice();
        return state;
      },
      load: (state, parameters) => {
        const expected = parameters?.flatMap(({ name, variable }) =>
          names.map((slot) => [`${name}/${slot}`, variableLayout(variable)] as const),
        );
        const wrong = expected && findMismatch(state, new Map(expected));
        if (wrong) throw errors['optimizer-state-wrong'](wrong);
        dispose();
        for (const [key, values] of Object.entries(state)) waiting.set(key, Float32Array.from(values));
      },
      dispose,
    },
  };
}
