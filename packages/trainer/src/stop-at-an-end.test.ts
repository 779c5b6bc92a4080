/** Stops at the end of an epoch, and of a run of which a part is frozen. */
import { loadEngine } from '@counterweight/tensorflow';
import { beforeAll, describe, expect, test } from 'vitest';

import type { Parameter } from '@counterweight/core';

import { fit, type FitInput } from './fit.js';
import { restlessInput } from './fixtures/restless.js';
import { tinyDataset } from './fixtures/tiny.js';
import { modelState } from './model-state.js';
import { trainingOptions } from './training-options.js';
import type { TrainingState } from './training-state.js';

beforeAll(() => loadEngine());

const dataset = tinyDataset();

/** Three epochs of three steps. */
async function run(options: object, given: Partial<FitInput> = {}) {
  const parsed = trainingOptions.parse({ epochs: 3, batchSize: 8, ...options });
  const input = restlessInput(dataset, parsed);
  const { model, optimizer } = input;
  const states: TrainingState[] = [];
  const result = await fit({
    ...input,
    save: (state) => Promise.resolve(void states.push(state)),
    ...given,
  });
  const left = modelState(model);
  optimizer.dispose?.();
  model.dispose();
  return { result, states, left };
}

test('stopped while it is validated, a run takes no further step', async () => {
  const controller = new AbortController();
  const evaluate = (epoch: number) => {
    if (epoch === 1) controller.abort();
    return Promise.resolve({});
  };
  const { result, states } = await run({}, { signal: controller.signal, evaluate });
  expect(result).toMatchObject({ ended: 'interrupted', epochs: 2, steps: 6 });
  expect(states.map(({ epoch, batch, step }) => [epoch, batch, step])).toEqual([[2, 0, 6]]);
  const whole = await run({});
  expect((await run({}, { resume: states[0]! })).left).toEqual(whole.left);
});

describe.each(['adam', 'adamw', 'sgd'])('%s', (name) => {
  test.each<Parameter['group'][][]>([[['body']], [['head']]])(
    'with %j frozen a run resumes to the same bits',
    async (groups) => {
      const frozen = new Set(groups);
      const options = { optimizer: { name }, ema: { decay: 0.8 } };
      const whole = await run(options, { frozen });
      const controller = new AbortController();
      const callbacks = [
        {
          batchEnd: ({ step }: { step: number }) => {
            if (step === 4) controller.abort();
          },
        },
      ];
      const first = await run(options, { frozen, signal: controller.signal, callbacks });
      expect(first.result).toMatchObject({ ended: 'interrupted', steps: 4 });
      expect((await run(options, { frozen, resume: first.states[0]! })).left).toEqual(whole.left);
    },
  );
});
