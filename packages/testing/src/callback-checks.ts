/** What a callback must do and leave alone, whatever it watches for. */
import { rm } from 'node:fs/promises';

import * as tf from '@tensorflow/tfjs-core';

import {
  DATASET,
  LABEL_STATISTICS,
  labelStatistics,
  RUN_FOLDER,
  type AnyPlugin,
  type Callback,
  type Dataset,
} from '@counterweight/core';

import { ensureGradients } from './backend.js';
import { replay } from './callback-replay.js';
import { train, type Told } from './callback-training.js';
import { demand, demandEqual, type Check } from './check.js';
import { create } from './create.js';
import { errors } from './errors.js';
import { filesOf } from './files.js';
import { copyOf, demandSameState, demandStateArrays } from './state.js';
import { newFolder } from './surroundings.js';
import { tinyDataset } from './tiny-dataset.js';

interface Watching {
  /** What is trained on, and what the plugin gets as DATASET. */
  readonly dataset: Dataset;
  /** A folder that a run might have; it does not exist. */
  readonly newFolder: () => string;
  /** A fresh instance, as in a new process. @param folder what it gets as RUN_FOLDER */
  readonly create: (folder?: string) => Promise<Callback>;
}

const callbackCheck = (name: string, holds: (watching: Watching) => Promise<void>): Check<'callback'> => ({
  name,
  run: async (plugin: AnyPlugin<'callback'>, options: unknown = {}) => {
    await ensureGradients();
    const dataset = tinyDataset();
    const folders: string[] = [];
    const folder = (): string => {
      folders.push(newFolder());
      return folders.at(-1)!;
    };
    try {
      await holds({
        dataset,
        newFolder: folder,
        create: (run = folder()) =>
          create(plugin, options, [
            [DATASET, dataset],
            [LABEL_STATISTICS, labelStatistics(dataset.labels, dataset.splits.train)],
            [RUN_FOLDER, run],
          ]),
      });
    } finally {
      await Promise.all(folders.map((path) => rm(path, { recursive: true, force: true })));
    }
  },
});

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
  async ({ dataset, create }) => {
    for (const [what, evaluate] of Object.entries(METRICS)) {
      const callback = await create();
      const { result } = await safely(`a training ${what}`, () => train(dataset, callback, evaluate));
      demand(['completed', 'stopped'].includes(result.ended), `a training ${what} that ends`, () => result.ended);
      await safely('a checkpoint', async () => callback.checkpoint?.({ file: '0000012.safetensors', step: 12 }));
    }
  },
);

const bystander = callbackCheck('a training has the same bits with it and without it', async ({ dataset, create }) => {
  const alone = await train(tinyDataset());
  const watched = await train(dataset, await create());
  const steps = alone.told.slice(0, watched.told.length);
  demandEqual('losses', lossesOf(watched.told), lossesOf(steps));
  if (watched.result.ended === 'stopped') return;
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

const both = callbackCheck('it has both save and load, or neither', async ({ create }) => {
  const { save, load } = await create();
  demand(!save === !load, 'save with load', () => (save ? 'save alone' : 'load alone'));
});

const resumes = callbackCheck(
  'killed after any event and resumed, it ends as if it had not been',
  async ({ dataset, create, newFolder }) => {
    const { told } = await train(dataset);
    const [home, whole] = await instance();
    const wanted = await replay(whole, told);
    const end = wanted.stops[0]?.[0] ?? told.length;
    for (let place = 0; place <= end; place++) {
      const [folder, first] = await instance();
      await replay(first, told, 0, place);
      const saved = first.save && copyOf(first.save());
      await replay(first, told, place, place + 2); // what came after the checkpoint happens again
      const second = await create(folder);
      if (saved) second.load!(saved);
      const { stops } = await replay(second, told, place);
      const after = `resumed after ${place} of ${told.length} events`;
      demand(
        JSON.stringify(stops) === JSON.stringify(wanted.stops),
        `${after}: stops ${JSON.stringify(wanted.stops)}`,
        () => JSON.stringify(stops),
      );
      if (whole.save) demandSameState(second.save!(), whole.save());
      await demandSameFiles(after, folder, home);
    }

    async function instance(): Promise<[folder: string, callback: Callback]> {
      const folder = newFolder();
      return [folder, await create(folder)];
    }
  },
);

/** @throws check-failed unless both folders have the same files */
async function demandSameFiles(what: string, folder: string, wanted: string): Promise<void> {
  const [got, want] = await Promise.all([filesOf(folder), filesOf(wanted)]);
  const names = (files: ReadonlyMap<string, Buffer>): string => [...files.keys()].sort().join(', ') || 'no file';
  demand(names(got) === names(want), `${what}: ${names(want)} in RUN_FOLDER`, () => names(got));
  for (const [name, bytes] of want)
    demand(got.get(name)!.equals(bytes), `${what}: ${name} as a run that was not stopped leaves it`, () =>
      excerpt(got.get(name)!, bytes),
    );
}

/** Where two contents part. */
function excerpt(got: Buffer, want: Buffer): string {
  const at = got.findIndex((byte, i) => byte !== want[i]);
  const from = Math.max(0, (at === -1 ? want.length : at) - 20);
  return `${got.length} bytes instead of ${want.length}, from byte ${from}: ${JSON.stringify(got.toString('utf8', from, from + 60))}`;
}

const owned = callbackCheck('arrays that were saved or loaded stay as they are', async ({ dataset, create }) => {
  const { told } = await train(dataset);
  const [first, second] = [await create(), await create()];
  if (!first.save || !second.load) return;
  await replay(first, told, 0, 5);
  const saved = first.save();
  demandStateArrays(saved);
  const copy = copyOf(saved);
  second.load(saved);
  await replay(first, told, 5);
  demandSameState(saved, copy);
  await replay(second, told, 5);
  demandSameState(saved, copy);
});

const leaks = callbackCheck('no tensor is left behind', async ({ dataset, create }) => {
  await train(dataset);
  const before = tf.memory().numTensors;
  await train(dataset, await create());
  const left = tf.memory().numTensors - before;
  demand(left === 0, 'as many tensors after a training as before', () => `${left} more`);
});

export const watchChecks = [watches, bystander, events, stops, both, resumes, owned, leaks] as const;
