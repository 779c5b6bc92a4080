/** Early stopping against the rule written out on a whole list of values, stopped and resumed after any epoch. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';

import { EarlyStopping, earlyStoppingOptions, type EarlyStoppingOptions } from './early-stopping.js';

beforeAll(() => tf.setBackend('cpu'));

type Values = readonly (number | null)[];

/** The epoch after which a run ends, and the best one up to there. */
function rule(values: Values, { patience, minDelta, mode }: EarlyStoppingOptions) {
  const sign = mode === 'max' ? 1 : -1;
  const counted = values.flatMap((value, epoch) => (value === null || Number.isNaN(value) ? [] : [{ value, epoch }]));
  let best = counted[0];
  for (const [i, { value, epoch }] of counted.entries()) {
    if (sign * (value - best!.value) > minDelta) best = { value, epoch };
    const since = counted.slice(0, i + 1).filter((other) => other.epoch > best!.epoch).length;
    if (since === patience) return { stoppedAfter: epoch, best: best!.epoch };
  }
  return { stoppedAfter: undefined, best: best?.epoch };
}

const value = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -4, max: 4 }).map((quarters) => quarters / 4) },
  fc.constantFrom(null, NaN, -0),
);
const options = fc
  .record({
    patience: fc.integer({ min: 1, max: 4 }),
    minDelta: fc.constantFrom(0, 0.25, 0.3, 1),
    mode: fc.constantFrom('max' as const, 'min' as const),
    restoreBest: fc.boolean(),
  })
  .map((given) => earlyStoppingOptions.parse({ metric: 'm', ...given }));

test('it stops after the epoch of the rule and gives back the weights of the best one, resumed or not', () => {
  const variable = tf.variable(tf.tensor1d([0]));
  const model = { parameters: [{ name: 'w', variable, group: 'body' as const, decay: false }], buffers: [] };
  const assign = (weight: number) => {
    tf.tidy(() => {
      variable.assign(tf.tensor1d([weight]));
    });
  };
  fc.assert(
    fc.property(fc.array(value, { maxLength: 12 }), options, fc.nat(12), (values, chosen, resumeAfter) => {
      let watching = new EarlyStopping(chosen, model);
      let stoppedAfter: number | undefined;
      for (const [epoch, found] of values.entries()) {
        assign(epoch);
        watching.epochEnd({ epoch, metrics: { m: found }, stop: () => (stoppedAfter = epoch) });
        if (epoch === resumeAfter) {
          const state = watching.save();
          watching = new EarlyStopping(chosen, model);
          watching.load(state);
          for (const array of Object.values(state)) array.fill(77); // what was loaded is its own
        }
        if (stoppedAfter !== undefined) break;
      }
      assign(99);
      const restored = watching.restore();
      const expected = rule(values, chosen);
      expect(stoppedAfter).toBe(expected.stoppedAfter);
      expect(restored).toBe(chosen.restoreBest ? expected.best : undefined);
      expect(variable.dataSync()[0]).toBe(restored ?? 99);
    }),
    { numRuns: 300 },
  );
  variable.dispose();
});

test('loading an empty state forgets what was seen', () => {
  const variable = tf.variable(tf.tensor1d([0]));
  const model = { parameters: [{ name: 'w', variable, group: 'body' as const, decay: false }], buffers: [] };
  const stops: string[] = [];
  const watching = new EarlyStopping(earlyStoppingOptions.parse({ metric: 'm', patience: 2 }), model);
  const see = (values: readonly number[]) => {
    values.forEach((m, epoch) => {
      watching.epochEnd({ epoch, metrics: { m }, stop: (reason) => stops.push(reason) });
    });
  };
  see([9, 1]);
  watching.load({});
  expect(watching.restore()).toBeUndefined();
  see([2, 1]);
  expect(stops).toEqual([]);
  see([1]);
  expect(stops).toEqual(['m was best in epoch 1 (2.000) and not better in 2 after it']);
  variable.dispose();
});
