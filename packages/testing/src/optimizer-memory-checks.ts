/** What an optimiser remembers, saves, takes back and frees. */
import * as tf from '@tensorflow/tfjs-core';

import type { StateArrays } from '@counterweight/core';

import { demand, demandEqual, type Check } from './check.js';
import { optimizerCheck, take, valuesOf } from './optimizer-check.js';
import { copyOf, demandSameState, demandStateArrays, scribbleOver } from './state.js';

const deterministic = optimizerCheck(
  'a fresh instance takes the same steps',
  async ({ create, parametersOf, rate }) => {
    const [one, other] = [parametersOf(), parametersOf()];
    for (const parameters of [one, other]) take(await create(), parameters, { from: 1, to: 4, rate });
    demandEqual('parameters after four steps, again', valuesOf(other), valuesOf(one));
  },
);

const counted = optimizerCheck(
  'steps are not counted inside: one without gradients changes nothing',
  async ({ create, parametersOf, rate }) => {
    const [plain, interrupted] = [parametersOf(), parametersOf()];
    const [optimizer, other] = [await create(), await create()];
    for (let step = 1; step <= 4; step++) {
      take(optimizer, plain, { from: step, to: step, rate });
      tf.tidy(() => {
        other.step([], new Map(), { step, learningRate: rate });
        other.step(interrupted, new Map(), { step, learningRate: rate });
      });
      take(other, interrupted, { from: step, to: step, rate });
    }
    demandEqual('parameters', valuesOf(interrupted), valuesOf(plain));
  },
);

/** Memory that is looked at every fifth or tenth step shows too. */
const LAST = 12;

const resumed = optimizerCheck(
  'stopped, saved and loaded elsewhere, the same bits follow',
  async ({ create, parametersOf, rate }) => {
    const [whole, parts] = [parametersOf(), parametersOf()];
    const [uninterrupted, before] = [await create(), await create()];
    take(uninterrupted, whole, { from: 1, to: LAST, rate });
    take(before, parts, { from: 1, to: 3, rate });
    const saved = before.save();
    demandStateArrays(saved);
    const [after, used] = [await create(), await create()];
    take(used, parametersOf(), { from: 1, to: 2, rate });
    const again = parametersOf();
    tf.tidy(() => {
      again.forEach(({ variable }, i) => {
        variable.assign(parts[i]!.variable);
      });
    });
    for (const [optimizer, parameters] of [
      [after, parts],
      [used, again],
    ] as const) {
      optimizer.load(saved, parameters);
      demandSameState(optimizer.save(), saved);
      take(optimizer, parameters, { from: 4, to: LAST, rate });
      demandEqual('parameters after the stop', valuesOf(parameters), valuesOf(whole));
      demandSameState(optimizer.save(), uninterrupted.save());
    }
  },
);

const copies = optimizerCheck(
  'saved arrays are copies, and loaded ones are copied',
  async ({ create, parametersOf, rate }) => {
    const [one, other] = [parametersOf(), parametersOf()];
    const [optimizer, after] = [await create(), await create()];
    for (const parameters of [one, other]) take(await create(), parameters, { from: 1, to: 2, rate });
    take(optimizer, parametersOf(), { from: 1, to: 2, rate });
    const saved = optimizer.save();
    const before = copyOf(saved);
    take(optimizer, one, { from: 3, to: 5, rate });
    demandSameState(saved, before);
    after.load(saved, other);
    scribbleOver(saved);
    take(after, other, { from: 3, to: 5, rate });
    demandEqual('parameters, after what was loaded is overwritten', valuesOf(other), valuesOf(one));
  },
);

/** States that do not fit, by what is wrong. */
function spoilt(saved: StateArrays): Readonly<Record<string, StateArrays>> {
  const [first] = Object.keys(saved);
  const more = { 'an array of another model': { ...saved, 'elsewhere/kernel': new Float32Array(3) } };
  if (first === undefined) return more;
  const { [first]: array, ...without } = saved;
  return {
    ...more,
    'an array that is missing': without,
    'an array that is longer': { ...saved, [first]: new Float32Array(array!.length + 1) },
    'an array that is empty': { ...saved, [first]: new Float32Array(0) },
  };
}

const refused = optimizerCheck(
  'a state that does not fit the parameters is refused, and nothing of it taken',
  async ({ create, parametersOf, rate }) => {
    const [plain, tried] = [parametersOf(), parametersOf()];
    const [optimizer, other] = [await create(), await create()];
    take(optimizer, plain, { from: 1, to: 2, rate });
    take(other, tried, { from: 1, to: 2, rate });
    const saved = copyOf(other.save());
    // Numbers that would be noticed.
    const foreign = Object.fromEntries(Object.entries(saved).map(([name, array]) => [name, array.slice().fill(5)]));
    for (const [what, state] of Object.entries(spoilt(foreign))) {
      const error: unknown = await new Promise((resolve) => {
        other.load(state, tried);
        resolve(undefined);
      }).catch((reason: unknown) => reason);
      demand(error instanceof Error, `a refusal of ${what}`, () => 'it is loaded');
      demandSameState(other.save(), saved);
    }
    take(optimizer, plain, { from: 3, to: 4, rate });
    take(other, tried, { from: 3, to: 4, rate });
    demandEqual('parameters, after the refusals', valuesOf(tried), valuesOf(plain));
  },
);

const leaks = optimizerCheck(
  'no tensor is left behind by a step, and none after dispose',
  async ({ create, dispose, parametersOf, rate }) => {
    const parameters = parametersOf();
    const before = tf.memory().numTensors;
    const [optimizer, other] = [await create(), await create()];
    const left = (): number => tf.memory().numTensors - before;
    demand(left() === 0, 'no tensor made by create', () => `${left()}`);
    take(optimizer, parameters, { from: 1, to: 1, rate });
    const own = left();
    take(optimizer, parameters, { from: 2, to: 5, rate });
    const saved = optimizer.save();
    demand(left() === own, `${own} tensors after every step, as after the first`, () => `${left()}`);
    other.load(saved, parameters);
    take(other, parameters, { from: 6, to: 7, rate });
    optimizer.load(saved, parameters);
    dispose(optimizer);
    dispose(other);
    demand(left() === 0, 'no tensor after dispose', () => `${left()}`);
  },
);

export const optimizerMemoryChecks: readonly Check<'optimizer'>[] = [
  deterministic,
  counted,
  resumed,
  copies,
  refused,
  leaks,
];
