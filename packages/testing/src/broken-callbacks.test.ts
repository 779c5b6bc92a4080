/** Every check of a callback catches a plugin that breaks its law. */
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import {
  DATASET,
  definePlugin,
  RUN_FOLDER,
  z,
  type AnyPlugin,
  type BatchEvent,
  type Callback,
  type EpochEvent,
} from '@counterweight/core';
import * as tf from '@tensorflow/tfjs-core';
import { test } from 'vitest';

import { callbackChecks, callbackConformance } from './conformance.js';
import { proven, type Broken } from './fixtures/proven.js';

const strict = z.strictObject({});
const plugin = (create: () => Callback): AnyPlugin<'callback'> =>
  definePlugin({ kind: 'callback', name: 'broken', options: strict, create });
const writing = (create: (folder: string) => Callback): AnyPlugin<'callback'> =>
  definePlugin({
    kind: 'callback',
    name: 'broken',
    options: strict,
    inject: [RUN_FOLDER],
    create: (_, folder) => create(folder),
  });

type Losses = Float64Array;

/** Remembers the worst loss and the last one. What `change` gives replaces something of it. */
const remembering = (change: (losses: Losses, whole: Callback) => Callback = () => ({})): AnyPlugin<'callback'> =>
  plugin(() => {
    const losses = Float64Array.of(-Infinity, 0);
    const whole: Callback = {
      batchEnd: ({ loss }) => {
        losses.set([Math.max(loss, losses[0]!), loss]);
      },
      save: () => ({ losses: losses.slice() }),
      load: (state) => {
        losses.set(state['losses']!);
      },
    };
    return { ...whole, ...change(losses, whole) };
  });

/** A line per epoch. */
async function log(folder: string, { epoch, loss }: EpochEvent): Promise<void> {
  await mkdir(folder, { recursive: true });
  await appendFile(join(folder, 'log'), `${epoch} ${loss}\n`);
}

let shared = 0;
const broken: Broken<'callback'> = {
  'an unknown option is refused and the options have a JSON Schema': {
    'a loose schema': definePlugin({ kind: 'callback', name: 'broken', options: z.object({}), create: () => ({}) }),
  },
  'it watches a training to its end, with validation and without': {
    'a metric taken for granted': plugin(() => ({
      epochEnd: ({ metrics }) => void metrics['averagePrecision.macro']!.toFixed(2),
    })),
    'an end that it throws at': plugin(() => ({ close: () => Promise.reject(new Error('not open')) })),
    'a checkpoint that it throws at': plugin(() => ({
      checkpoint: ({ file }) => {
        throw new Error(`no ${file}`);
      },
    })),
  },
  'a training has the same bits with it and without it': {
    'weights moved': plugin(() => ({
      batchEnd: () => {
        for (const variable of Object.values(tf.engine().registeredVariables)) {
          const moved = tf.tidy(() => tf.add(variable, 0.01));
          variable.assign(moved);
          moved.dispose();
        }
      },
    })),
    'labels rewritten': definePlugin({
      kind: 'callback',
      name: 'broken',
      options: strict,
      inject: [DATASET],
      create: (_, { labels, splits }) => ({
        epochEnd: () => {
          splits.train.fill(splits.train[0]!);
          labels.positives.classes.fill(4);
        },
      }),
    }),
  },
  'events stay as they are': {
    'a metric added': plugin(() => ({
      epochEnd: ({ metrics }) => void Object.assign(metrics, { mine: 1 }),
    })),
    'a loss rounded': plugin(() => ({ batchEnd: (event) => void Object.assign(event, { loss: 0 }) })),
  },
  'it stops a run only while epochEnd is under way, and says why': {
    'without a reason': plugin(() => ({ epochEnd: (event) => event.stop('') })),
    'without an argument': plugin(() => ({ epochEnd: (event) => event.stop(undefined as unknown as string) })),
    'in a batch': plugin(() => {
      let last: EpochEvent | undefined;
      return { batchEnd: () => last?.stop('late'), epochEnd: (event) => void (last = event) };
    }),
    'a moment later': plugin(() => ({
      epochEnd: (event) => void setImmediate(() => event.stop('late')),
    })),
  },
  'it has both save and load, or neither': {
    'save alone': plugin(() => ({ save: () => ({ loss: Float64Array.of(0) }) })),
    'load alone': plugin(() => ({ load: () => undefined })),
  },
  'killed after any event and resumed, it ends as if it had not been': {
    'memory that is not saved': plugin(() => {
      let epochs = 0;
      return { epochEnd: (event) => (++epochs === 3 ? event.stop('three epochs') : undefined) };
    }),
    'half of its memory loaded': remembering((losses) => ({
      load: (state) => void (losses[1] = state['losses']![1]!),
    })),
    'memory of the module': remembering((losses) => ({
      batchEnd: ({ loss }) => losses.fill((shared += loss)),
    })),
    'added to what it had': remembering((losses) => ({
      load: (state) =>
        losses.forEach((loss, i) => (losses[i] = state['losses']![i]! + (Number.isFinite(loss) ? 1 : 0))),
    })),
    'a file for each process': writing((folder) => {
      let file: string | undefined;
      return {
        epochEnd: async ({ epoch }) => {
          await mkdir(folder, { recursive: true });
          file ??= join(folder, `from-${epoch}`);
          await writeFile(file, '');
        },
      };
    }),
    'lines twice': writing((folder) => ({ epochEnd: (event) => log(folder, event) })),
    'a file begun again': writing((folder) => {
      const lines: string[] = [];
      return {
        epochEnd: async ({ epoch }) => {
          lines.push(`${epoch}`);
          await mkdir(folder, { recursive: true });
          await writeFile(join(folder, 'log'), lines.join('\n'));
        },
      };
    }),
  },
  'arrays that were saved or loaded stay as they are': {
    'its own array saved': remembering((losses) => ({ save: () => ({ losses }) })),
    'the array loaded kept': plugin(() => {
      let losses = Float64Array.of(0);
      return {
        batchEnd: ({ loss }: BatchEvent) => void (losses[0]! += loss),
        save: () => ({ losses: losses.slice() }),
        load: (state) => void (losses = state['losses'] as typeof losses),
      };
    }),
    'a list': remembering((losses) => ({ save: () => ({ losses: [...losses] as unknown as Losses }) })),
  },
  'no tensor is left behind': {
    'a mean that is kept': plugin(() => ({ epochEnd: ({ loss }) => void tf.scalar(loss) })),
  },
};

proven(callbackChecks, broken);

callbackConformance({ test, plugin: plugin(() => ({})) });
callbackConformance({ test, plugin: remembering() });
callbackConformance({
  test,
  plugin: plugin(() => {
    let last: tf.Tensor | undefined;
    return {
      epochEnd: ({ loss }) => {
        last?.dispose();
        last = tf.scalar(loss);
      },
      close: () => last?.dispose(),
    };
  }),
});
callbackConformance({
  test,
  plugin: plugin(() => ({
    epochEnd: (event) => (event.epoch === 1 ? event.stop('two epochs are enough') : undefined),
  })),
});
callbackConformance({
  test,
  plugin: writing((folder) => ({
    epochEnd: async (event) => {
      const kept = (await readFile(join(folder, 'log'), 'utf8').catch(() => '')).split('\n').slice(0, event.epoch);
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'log'), kept.map((line) => `${line}\n`).join(''));
      await log(folder, event);
    },
  })),
});
