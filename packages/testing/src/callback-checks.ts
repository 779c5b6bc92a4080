/** What a callback must do in a training and leave alone, whatever it watches for. */
import * as tf from '@tensorflow/tfjs-core';

import type { Callback } from '@counterweight/core';

import { callbackCheck } from './callback-check.js';
import { replay } from './callback-replay.js';
import { train, type Told } from './callback-training.js';
import { demand, demandEqual } from './check.js';
import { errors } from './errors.js';
import { tinyDataset } from './tiny-dataset.js';

/** @throws check-failed where the call throws */
async function safely<T>(expected: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw errors['check-failed']({ expected, found: String(cause) }, { cause });
  }
}

const METRICS: Readonly<Record<string, Parameters<typeof train>[2]>> = {
  'with validation': undefined,
  'without validation': null,
  'whose metrics are null': () => ({ 'averagePrecision.macro': null, 'f1.macro': null }),
};

const watches = callbackCheck(
  'it watches a training to its end, with validation and without',
  async ({ dataset, create, close }) => {
    for (const [what, evaluate] of Object.entries(METRICS)) {
      const callback = await create();
      const { result } = await safely(`a training ${what}`, () => train(dataset, callback, evaluate));
      demand(['completed', 'stopped'].includes(result.ended), `a training ${what} that ends`, () => result.ended);
      await safely('a checkpoint', async () => callback.checkpoint?.({ file: '0000012.safetensors', step: 12 }));
      await safely('its end', () => close(callback));
    }
  },
);

const bystander = callbackCheck('a training has the same bits with it and without it', async ({ dataset, create }) => {
  const watched = await train(dataset, await create());
  const { ended, epochs } = watched.result;
  const stopsAsWell: Callback = {
    epochEnd: (event) => (event.epoch === epochs - 1 ? event.stop('as it did') : undefined),
  };
  const alone = await train(tinyDataset(), ended === 'stopped' ? stopsAsWell : undefined);
  demandEqual('losses', lossesOf(watched.told), lossesOf(alone.told));
  for (const [name, values] of Object.entries(alone.weights)) demandEqual(name, watched.weights[name]!, values);
});

const lossesOf = (told: readonly Told[]): number[] => told.map(({ event }) => event.loss);

const events = callbackCheck('events stay as they are', async ({ dataset, create }) => {
  const { told } = await train(dataset);
  const callback = await create();
  for (const { type, event } of told) {
    const given = { ...event, ...(type === 'epochEnd' && { metrics: { ...event.metrics }, stop: () => undefined }) };
    const before = JSON.stringify(given);
    if (type === 'batchEnd') callback.batchEnd?.(given);
    else await callback.epochEnd?.(given as typeof event);
    demand(JSON.stringify(given) === before, `${type}: ${before}`, () => JSON.stringify(given));
  }
});

const stops = callbackCheck(
  'it stops a run only while epochEnd is under way, and says why',
  async ({ dataset, create }) => {
    const { told } = await train(dataset);
    const { stops, late } = await replay(await create(), told);
    demand(
      late === undefined,
      '`stop` called before epochEnd has ended',
      () => `after the event at place ${String(late)}`,
    );
    for (const [, reason] of stops)
      demand(typeof reason === 'string' && reason.trim() !== '', 'a reason to stop', () => JSON.stringify(reason));
  },
);

const leaks = callbackCheck('no tensor is left behind', async ({ dataset, create, close }) => {
  await train(dataset);
  const before = tf.memory().numTensors;
  const callback = await create();
  await train(dataset, callback);
  await close(callback);
  const left = tf.memory().numTensors - before;
  demand(left === 0, 'as many tensors after a training and `close` as before', () => `${left} more`);
});

export const watchChecks = [watches, bystander, events, stops, leaks] as const;
