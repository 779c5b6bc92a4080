import * as tf from '@tensorflow/tfjs-core';
import type { Variable } from '@tensorflow/tfjs-core';

import type { Parameter, Stateful, StateArrays } from '@counterweight/core';

import { errors } from './errors.js';

/** An optimiser's memory: some variables per parameter, shaped as it, zero at first. */
export interface Slots<Name extends string> {
  readonly of: (parameter: Parameter) => Readonly<Record<Name, Variable>>;
  readonly state: Stateful & { dispose(): void };
}

/** A state that is loaded waits as plain arrays until its parameter comes with a shape. */
export function optimizerSlots<Name extends string>(names: readonly Name[]): Slots<Name> {
  const slots = new Map<string, Record<Name, Variable>>();
  const waiting = new Map<string, Float32Array>();

  const create = (key: string, { shape, size }: Variable): Variable => {
    const saved = waiting.get(key);
    if (!saved) return tf.tidy(() => tf.variable(tf.zeros(shape), false));
    if (saved.length !== size)
      throw errors['optimizer-state-wrong']({ name: key, length: saved.length, expected: size });
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
      load: (state: StateArrays) => {
        dispose();
        for (const [key, values] of Object.entries(state)) waiting.set(key, Float32Array.from(values));
      },
      dispose,
    },
  };
}
