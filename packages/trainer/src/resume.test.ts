import { loadEngine } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';

import { randomStream, type BatchEvent, type EpochEvent, type StateArrays } from '@counterweight/core';

import { fit, plannedSteps, type FitInput, type FitResult } from './fit.js';
import { countingLoss, draws, miner, rememberingCallback, restlessModel, scoreOf } from './fixtures/restless.js';
import { bce, statisticsOf, tinyDataset } from './fixtures/tiny.js';
import { loadModelState, modelState } from './model-state.js';
import { createOptimizer } from './optimizers.js';
import { trainingOptions } from './training-options.js';
import type { TrainingState } from './training-state.js';

beforeAll(() => loadEngine());

const EPOCHS = 4;
const dataset = tinyDataset();
const everything = {
  epochs: EPOCHS,
  batchSize: 4,
  accumulate: 2,
  clipNorm: 0.5,
  augmentation: { flip: 'both', shift: 1 },
  ema: { decay: 0.9 },
  earlyStopping: { metric: 'score', patience: 9 },
  checkpoint: { minutes: null },
};

interface Given extends Partial<Omit<FitInput, 'options' | 'loss'>> {
  readonly options?: object;
  readonly loss?: 'elementwise' | 'batch';
  /** Ends the run after this step. */
  readonly stopAfter?: number;
}

/** One process: everything is built anew; what was seen of it, what it saved, what it left. */
async function process({ options, loss = 'elementwise', stopAfter, ...input }: Given = {}) {
  const parsed = trainingOptions.parse({ ...everything, ...options });
  const model = restlessModel(dataset);
  const optimizer = createOptimizer(parsed.optimizer);
  const controller = new AbortController();
  const [saved, batches, epochs]: [TrainingState[], BatchEvent[], Partial<EpochEvent>[]] = [[], [], []];
  const remembering = rememberingCallback();
  try {
    const result: FitResult = await fit({
      model,
      dataset,
      loss: loss === 'batch' ? countingLoss() : bce,
      draws: [draws],
      miner: loss === 'batch' ? undefined : miner,
      statistics: statisticsOf(dataset),
      optimizer,
      learningRate: parsed.optimizer.learningRate,
      random: randomStream(5),
      evaluate: (epoch) => Promise.resolve({ score: scoreOf(model, epoch, EPOCHS) }),
      callbacks: [
        {
          batchEnd: (event) => {
            batches.push(event);
            if (event.step === stopAfter) controller.abort();
          },
          epochEnd: ({ epoch, step, loss, learningRate, keptPositives, keptNegatives, metrics }) =>
            void epochs.push({ epoch, step, loss, learningRate, keptPositives, keptNegatives, metrics }),
        },
        remembering,
      ],
      signal: controller.signal,
      save: (state) => Promise.resolve(void saved.push(structuredClone(state))),
      ...input,
      options: parsed,
    });
    const { seconds: _, waited: __, ...ended } = result;
    return { ended, result, saved, batches, epochs, losses: remembering.losses, left: modelState(model) };
  } finally {
    optimizer.dispose?.();
    model.dispose();
  }
}

/** But for the clock's. */
const bits = ({ seconds: _, arrays, ...at }: TrainingState) => ({
  ...at,
  arrays: Object.fromEntries(Object.entries(arrays).filter(([name]) => !name.startsWith('times/'))) as StateArrays,
});

const variants: [string, Given][] = [
  ['everything that moves, AdamW', {}],
  ['a batch loss with memory, Adam', { loss: 'batch', options: { optimizer: { name: 'adam' }, accumulate: 1 } }],
  [
    'momentum, early stopping that stops',
    { options: { optimizer: { name: 'sgd' }, earlyStopping: { metric: 'score', patience: 1 } } },
  ],
  ['nothing but the weights', { options: { ema: null, earlyStopping: null, optimizer: { name: 'sgd', momentum: 0 } } }],
];

describe.each(variants)('%s', (_, given) => {
  test('stopped after any step and resumed: the bits of the run that was not', async () => {
    const whole = await process(given);
    const steps = whole.ended.steps;
    expect(whole.saved).toHaveLength(1);
    for (let k = 1; k <= steps; k++) {
      const first = await process({ ...given, stopAfter: k });
      expect(first.ended).toEqual({ ended: 'interrupted', steps: k, epochs: first.saved[0]!.epoch });
      expect(first.saved).toHaveLength(1);
      const second = await process({ ...given, resume: first.saved[0]! });
      expect(second.ended).toEqual(whole.ended);
      expect(second.left).toEqual(whole.left);
      expect(second.losses).toEqual(whole.losses);
      expect([...first.batches, ...second.batches]).toEqual(whole.batches);
      expect([...first.epochs, ...second.epochs]).toEqual(whole.epochs);
      expect(second.saved.map(bits)).toEqual(whole.saved.map(bits));
    }
  });

  test('a run that was complete goes straight to its end', async () => {
    const whole = await process(given);
    const again = await process({ ...given, resume: whole.saved[0]! });
    expect(again.ended).toEqual(whole.ended);
    expect(again.left).toEqual(whole.left);
    expect([again.batches, again.epochs, again.saved]).toEqual([[], [], []]);
  });
});

test('any number of stops, saved by steps too: the same bits', async () => {
  const whole = await process();
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 1, max: 8 }), { maxLength: 5 }), async (stops) => {
      let resume: TrainingState | undefined;
      for (const stopAfter of stops.sort((a, b) => a - b)) {
        const options = { checkpoint: { minutes: null, steps: 1 } };
        const part = await process({ options, stopAfter, ...(resume && { resume }) });
        resume = part.saved.at(-1);
      }
      const last = await process(resume ? { resume } : {});
      expect(last.left).toEqual(whole.left);
      expect(last.saved.map(bits)).toEqual(whole.saved.map(bits));
    }),
    { numRuns: 6 },
  );
});

describe('the state is saved', () => {
  const at = (states: readonly TrainingState[]) => states.map(({ step }) => step);

  test('every so many steps, and when the run is complete', async () => {
    const { saved, ended } = await process({ options: { checkpoint: { steps: 3, minutes: null } } });
    expect(ended.steps).toBe(8);
    expect(at(saved)).toEqual([3, 6, 8]);
    expect(saved.at(-1)).toMatchObject({ epoch: EPOCHS, batch: 0 });
  });

  test('when so many minutes have passed', async () => {
    const { saved } = await process({ options: { checkpoint: { minutes: 1e-9 } } });
    expect(at(saved)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 8]);
    expect(at((await process({ options: { checkpoint: { minutes: 60 } } })).saved)).toEqual([8]);
  });

  test('with all that was spent so far', async () => {
    const { saved } = await process({ stopAfter: 5 });
    const early = { ...saved[0]!, seconds: 1000 };
    const { result } = await process({ resume: early });
    expect(result.seconds).toBeGreaterThan(1000);
    expect(result.waited).toBeGreaterThan(saved[0]!.arrays['times/waited']![0]!);
    expect(result.waited).toBeLessThan(100);
  });

  test('nothing that was saved moves with the run', async () => {
    const states: [TrainingState, TrainingState][] = [];
    const options = { checkpoint: { steps: 1, minutes: null } };
    await process({ options, save: (state) => Promise.resolve(void states.push([state, structuredClone(state)])) });
    for (const [state, copy] of states) expect(state).toEqual(copy);
  });

  test('an error in saving ends the run', async () => {
    const save = () => Promise.reject(new Error('disk full'));
    await expect(process({ save })).rejects.toThrow('disk full');
  });
});

describe('a state that does not fit is refused, and nothing of it is loaded', () => {
  let trained: ReturnType<typeof process>;
  beforeAll(async () => {
    await loadEngine();
    await (trained = process({ stopAfter: 3 }));
  });
  const change = async (alter: (arrays: Record<string, StateArrays[string]>) => void): Promise<TrainingState> => {
    const { saved } = await trained;
    const arrays = { ...saved[0]!.arrays };
    alter(arrays);
    return { ...saved[0]!, arrays };
  };

  /** The error, after asserting that model, optimiser and callbacks are as they were. */
  async function refused(resume: TrainingState, options: object = {}): Promise<unknown> {
    const parsed = trainingOptions.parse({ ...everything, ...options });
    const [model, optimizer, callback] = [
      restlessModel(dataset),
      createOptimizer(parsed.optimizer),
      rememberingCallback(),
    ];
    callback.losses.push(7);
    const before = modelState(model);
    const tensors = tf.memory().numTensors;
    const error: unknown = await fit({
      model,
      dataset,
      loss: bce,
      draws: [draws],
      miner,
      statistics: statisticsOf(dataset),
      optimizer,
      learningRate: 0.1,
      random: randomStream(5),
      evaluate: () => Promise.resolve({ score: 0 }),
      callbacks: [{}, callback],
      options: parsed,
      resume,
    }).catch((thrown: unknown) => thrown);
    expect(modelState(model)).toEqual(before);
    expect(optimizer.save()).toEqual({});
    expect(callback.losses).toEqual([7]);
    expect(tf.memory().numTensors).toBe(tensors);
    model.dispose();
    return error;
  }

  test('any array that is missing, too long or of another type', async () => {
    const { saved } = await trained;
    const names = Object.keys(saved[0]!.arrays).filter((name) => !name.startsWith('callbacks/'));
    expect(names).toContain('optimizer/hidden/m');
    expect(names).toContain('average/norm/mean');
    expect(names).toContain('totals/epoch');
    for (const name of names) {
      const faults: ((arrays: Record<string, StateArrays[string]>) => void)[] = [
        (arrays) => Reflect.deleteProperty(arrays, name),
        (arrays) => (arrays[name] = new Float32Array(arrays[name]!.length + 1)),
        (arrays) => (arrays[name] = Int32Array.from(arrays[name]!)),
      ];
      for (const fault of faults)
        expect(await refused(await change(fault))).toMatchObject({
          code: name.startsWith('optimizer/') ? 'optimizer-state-wrong' : 'training-state-wrong',
          exit: 3,
          found: expect.stringContaining(name.replace('optimizer/', '')) as string,
        });
    }
  });

  test.each([
    'model/more',
    'optimizer/hidden/w',
    'average/more',
    'loss/seen',
    'callbacks/0/x',
    'callbacks/9/x',
    'totals/x',
    'odd',
  ])('an array too many: %s', async (name) => {
    const state = await change((arrays) => (arrays[name] = Float32Array.of(1)));
    expect(await refused(state)).toMatchObject({
      exit: 3,
      found: expect.stringContaining('Float32Array of 1') as string,
    });
  });

  test.each([
    [{ epoch: 9 }],
    [{ batch: 1 }],
    [{ batch: 400 }],
    [{ step: 4 }],
    [{ epoch: 0.5 }],
    [{ epoch: NaN }],
    [{ epoch: -1 }],
  ])('a position that the run does not have: %j', async (wrong) => {
    const state = { ...(await trained).saved[0]!, ...wrong };
    expect(await refused(state)).toMatchObject({
      code: 'training-state-wrong',
      found: expect.stringContaining('position') as string,
    });
  });

  test('the state of a run with other options', async () => {
    const { saved } = await trained;
    for (const options of [
      { ema: null },
      { earlyStopping: null },
      { optimizer: { name: 'sgd' } },
      { accumulate: 1 },
      { batchSize: 8 },
    ])
      expect([options, await refused(saved[0]!, options)]).toMatchObject([options, { exit: 3 }]);
  });
});

test('weights by name go from one model to another', () => {
  const [from, to] = [restlessModel(dataset), restlessModel(dataset)];
  from.head.bias.assign(tf.tensor1d([1, 2, 3, 4, 5]));
  loadModelState(to, modelState(from));
  expect(modelState(to)).toEqual(modelState(from));
  expect(Object.keys(modelState(to))).toEqual(['hidden', 'head/kernel', 'head/bias', 'norm/mean', 'norm/variance']);
  const { hidden: _, ...rest } = modelState(from);
  expect(() => {
    loadModelState(to, rest);
  }).toThrow(expect.objectContaining({ code: 'training-state-wrong', found: 'model/hidden: nothing' }) as Error);
});

test('accumulated steps are planned', () => {
  const options = { epochs: 2, batchSize: 4, accumulate: 3 };
  expect(plannedSteps({ dataset, statistics: statisticsOf(dataset), random: randomStream(0), options })).toEqual([
    2, 2,
  ]);
});
