import { loadEngine } from '@counterweight/tensorflow';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';

import { randomStream } from '@counterweight/core';

import { fit } from './fit.js';
import { restlessModel } from './fixtures/restless.js';
import { bce, statisticsOf, tinyDataset } from './fixtures/tiny.js';
import { createOptimizer } from './optimizers.js';
import { trainingOptions } from './training-options.js';
import type { TrainingState } from './training-state.js';

beforeAll(() => loadEngine());
afterEach(() => vi.useRealTimers());

const dataset = tinyDataset();

interface Given {
  readonly stopAfter?: number;
  readonly resume?: TrainingState;
  readonly checkpoint?: { readonly steps: number | null; readonly minutes: number | null };
  readonly batchEnd?: () => void;
}

/** What is saved in a run of two epochs of three steps. */
async function saves({
  stopAfter = 0,
  resume,
  checkpoint = { steps: 1, minutes: null },
  batchEnd,
}: Given): Promise<TrainingState[]> {
  const options = trainingOptions.parse({
    epochs: 2,
    batchSize: 8,
    checkpoint,
    augmentation: { shift: 0 },
  });
  const [model, optimizer] = [restlessModel(dataset), createOptimizer(options.optimizer)];
  const controller = new AbortController();
  const states: TrainingState[] = [];
  await fit({
    model,
    dataset,
    loss: bce,
    statistics: statisticsOf(dataset),
    optimizer,
    learningRate: 0.01,
    random: randomStream(1),
    options,
    callbacks: [
      {
        batchEnd: ({ step }) => {
          batchEnd?.();
          if (step === stopAfter) controller.abort();
        },
      },
    ],
    signal: controller.signal,
    save: (state) => Promise.resolve(void states.push(state)),
    ...(resume && { resume }),
  });
  optimizer.dispose?.();
  model.dispose();
  return states;
}

const positions = (states: readonly TrainingState[]) => states.map(({ epoch, batch }) => [epoch, batch]);

test('a state is saved once, also where the run is stopped right after', async () => {
  const first = await saves({ stopAfter: 2 });
  expect(positions(first)).toEqual([
    [0, 1],
    [0, 2],
  ]);
  expect(positions(await saves({ resume: first.at(-1)! }))).toEqual([
    [0, 3],
    [1, 1],
    [1, 2],
    [1, 3],
    [2, 0],
  ]);
});

test('by time: when so many minutes have passed since the last one', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const states = await saves({
    checkpoint: { steps: null, minutes: 10 },
    batchEnd: () => void vi.advanceTimersByTime(6 * 60_000),
  });
  expect(states.map(({ step }) => step)).toEqual([2, 4, 6, 6]);
  expect(positions(states).at(-1)).toEqual([2, 0]);
});

test('seconds of a resumed run go on from those before it', async () => {
  const [state] = await saves({ stopAfter: 1 });
  const [next] = await saves({ stopAfter: 2, resume: { ...state!, seconds: 1000 } });
  expect(next!.seconds).toBeGreaterThan(1000);
});
