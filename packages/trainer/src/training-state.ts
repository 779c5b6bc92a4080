import type { StateArrays, Stateful } from '@counterweight/core';

import { errors } from './errors.js';
import { callPlugin, methodOf, refuse } from './plugin-call.js';
import { layoutOf } from './state-arrays.js';

/** What a run needs to go on after any step as if it had never stopped. */
export interface TrainingState {
  /** Epochs that are finished; all of them in the state of a run that is complete. */
  readonly epoch: number;
  /** Batches done of the epoch at hand. */
  readonly batch: number;
  /** Optimiser steps done. */
  readonly step: number;
  /** That training has taken so far, over all its resumptions. */
  readonly seconds: number;
  /** `model/NAME`, `optimizer/…`, `loss/…`, `average/NAME`, `earlyStopping/…`, `callbacks/N/…`, `totals/…`, `times/…`, `stopped/…`. */
  readonly arrays: StateArrays;
}

/** Something with memory, under a name that no other part's name continues. */
export type StatePart = readonly [name: string, part: Stateful];

/** All arrays of all parts, each under its part's name. */
export function gather(parts: readonly StatePart[]): StateArrays {
  return Object.fromEntries(
    parts.flatMap(([name, part]) => Object.entries(part.save()).map(([key, array]) => [`${name}/${key}`, array])),
  );
}

/**
 * Gives each part its arrays. When one refuses them, those before it get back what they had.
 * @throws training-state-wrong for an array that no part claims; what a part throws
 */
export function restore(parts: readonly StatePart[], arrays: StateArrays): void {
  const own = new Map<string, Record<string, StateArrays[string]>>(parts.map(([name]) => [name, {}]));
  for (const [key, array] of Object.entries(arrays)) {
    const part = parts.find(([name]) => key.startsWith(`${name}/`));
    if (!part)
      throw errors['training-state-wrong']({ name: key, found: layoutOf(array), expected: 'nothing of that name' });
    own.get(part[0])![key.slice(part[0].length + 1)] = array;
  }
  const undo: (() => void)[] = [];
  try {
    for (const [name, part] of parts) {
      const before = part.save();
      part.load(own.get(name)!);
      undo.unshift(() => {
        part.load(before);
      });
    }
  } catch (error) {
    for (const each of undo) each();
    throw error;
  }
}

/** A plugin's memory under a name, if it has one; what it throws, or gives instead of arrays, names it. */
export function pluginPart(name: string, plugin: Partial<Stateful>): readonly StatePart[] {
  if (!plugin.save || !plugin.load) return [];
  const [save, load] = [methodOf(plugin, name, 'save'), methodOf(plugin, name, 'load')];
  return [
    [
      name,
      {
        save: () => {
          const state: unknown = callPlugin(save, () => plugin.save!());
          const wrong = notArrays(state);
          if (wrong !== undefined)
            throw refuse(save, wrong, 'an object of Float32Array, Float64Array, Int32Array or Uint8Array');
          return state as StateArrays;
        },
        load: (state) => {
          callPlugin(load, () => {
            plugin.load!(state);
          });
        },
      },
    ],
  ];
}

const ARRAYS = [Float32Array, Float64Array, Int32Array, Uint8Array];

/** What is in a state that cannot be saved, in words. */
function notArrays(state: unknown): string | undefined {
  if (typeof state !== 'object' || state === null || ArrayBuffer.isView(state) || Array.isArray(state))
    return state === null ? 'null' : Array.isArray(state) ? 'an array' : typeof state;
  const wrong = Object.entries(state).find(([, value]) => !ARRAYS.some((one) => value instanceof one));
  if (!wrong) return undefined;
  const [key, value] = wrong as [string, unknown];
  return `${key} is ${typeof value === 'object' && value !== null ? value.constructor.name : typeof value}`;
}

/**
 * @param planned steps of each epoch of the run that goes on
 * @throws training-state-wrong when the run cannot have been there
 */
export function checkPosition(
  { epoch, batch, step }: Pick<TrainingState, 'epoch' | 'batch' | 'step'>,
  planned: readonly number[],
  accumulate: number,
): void {
  const before = planned.slice(0, epoch).reduce((a, b) => a + b, 0);
  const within = Math.ceil(batch / accumulate);
  const isThere =
    Number.isInteger(epoch) &&
    Number.isInteger(batch) &&
    epoch >= 0 &&
    epoch <= planned.length &&
    batch >= 0 &&
    within <= (planned[epoch] ?? 0) &&
    (batch % accumulate === 0 || within === planned[epoch]) && // between steps; an epoch's last one may have fewer batches
    step === before + within;
  if (isThere) return;
  throw errors['training-state-wrong']({
    name: 'position',
    found: `epoch ${epoch}, batch ${batch}, step ${step}`,
    expected: `a position of ${planned.length} epochs with ${[...new Set(planned)].slice(0, 3).join(', ')} steps each`,
  });
}
