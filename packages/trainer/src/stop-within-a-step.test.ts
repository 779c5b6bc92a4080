/** What happens between the batches of one step. */
import { loadEngine } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';

import type { Dataset } from '@counterweight/core';

import { fit } from './fit.js';
import { restlessInput } from './fixtures/restless.js';
import { tinyDataset } from './fixtures/tiny.js';
import { modelState } from './model-state.js';
import { trainingOptions } from './training-options.js';
import type { TrainingState } from './training-state.js';

beforeAll(() => loadEngine());

/** An epoch of steps of three batches each; `beforeBatch` is called before each is handed over, counted from 1. */
async function run(beforeBatch: (count: number, abort: () => void) => void, resume?: TrainingState) {
  const made = tinyDataset();
  const options = trainingOptions.parse({ epochs: 1, batchSize: 3, accumulate: 3 });
  const input = restlessInput(made, options);
  const { model, optimizer } = input;
  const controller = new AbortController();
  const states: TrainingState[] = [];
  const before = tf.memory().numTensors;
  let count = 0;
  const dataset: Dataset = {
    ...made,
    read: async (examples, into) => {
      await made.read(examples, into);
      beforeBatch(++count, () => {
        controller.abort();
      });
    },
  };
  const ended = await fit({
    ...input,
    dataset,
    signal: controller.signal,
    save: (state) => Promise.resolve(void states.push(state)),
    ...(resume && { resume }),
  }).catch((error: unknown) => error);
  const left = modelState(model);
  optimizer.dispose?.();
  const leaked = tf.memory().numTensors - before;
  model.dispose();
  return { ended, states, left, leaked };
}

test('stopped between the batches of a step, a run ends after the step, and goes on with the same bits', async () => {
  const whole = await run(() => undefined);
  for (const at of [1, 2, 3, 4, 5]) {
    const first = await run((count, abort) => {
      if (count === at) abort();
    });
    expect(first.ended).toMatchObject({ ended: 'interrupted' });
    expect(first.states).toHaveLength(1);
    expect(first.states[0]!.batch % 3).toBe(0);
    const second = await run(() => undefined, first.states[0]);
    expect(second.left).toEqual(whole.left);
  }
});

test('a batch that cannot be read within a step leaves no tensor', async () => {
  const { ended, leaked } = await run((count) => {
    if (count === 5) throw new Error('unreadable');
  });
  expect(ended).toMatchObject({ message: 'unreadable' });
  expect(leaked).toBe(0);
});
