/** What one step of an optimiser may do. */
import * as tf from '@tensorflow/tfjs-core';

import type { AnyPlugin } from '@counterweight/core';

import { demand, demandEqual, type Check } from './check.js';
import { gradientsOf, numbers, optimizerCheck, ownRate, take, valuesOf } from './optimizer-check.js';

const peak: Check<'optimizer'> = {
  name: 'the options have a learning rate, the peak of the schedule',
  run: (plugin: AnyPlugin<'optimizer'>, options: unknown = {}) =>
    new Promise((resolve) => {
      const rate = ownRate(plugin, options);
      demand(rate !== undefined && rate > 0, 'an option `learningRate` above 0', () => String(rate));
      resolve();
    }),
};

const still = optimizerCheck('at a learning rate of 0 nothing moves', async ({ create, parametersOf }) => {
  const [optimizer, parameters] = [await create(), parametersOf()];
  const before = valuesOf(parameters);
  take(optimizer, parameters, { from: 1, to: 3, rate: 0 });
  demandEqual('parameters', valuesOf(parameters), before);
});

const CURVATURES = [1, 0.5, 0.1];

const lowers = optimizerCheck('steps go down a quadratic', async ({ create, parametersOf, rate }) => {
  const [optimizer, parameters] = [await create(), parametersOf()];
  const gradient = (name: string): Float32Array => {
    const at = parameters.find((parameter) => parameter.name === name)!.variable.dataSync<'float32'>();
    return at.map((w, i) => CURVATURES[i % 3]! * (w - numbers(name, 1)[i]!));
  };
  const height = (): number =>
    parameters
      .flatMap(({ name }) => [...gradient(name)])
      .reduce((sum, slope, i) => sum + slope ** 2 / CURVATURES[i % 3]!, 0);
  const before = height();
  for (let step = 1; step <= 20; step++)
    take(optimizer, parameters, { from: step, to: step, rate: rate * step, gradient });
  demand(height() < before, `less than ${before} after 20 steps of ${rate}`, () => `${height()}`);
  for (const { name, variable } of parameters)
    demand(
      valuesOf(parametersOf([name])).some((start, i) => start !== variable.dataSync()[i]),
      `${name} moved`,
      () => 'it stayed',
    );
});

const absent = optimizerCheck(
  'a parameter without a gradient stays, and is nothing to the others',
  async ({ create, parametersOf, rate }) => {
    const names = ['body/kernel', 'head/bias'];
    const [some, alone] = [parametersOf(), parametersOf(names)];
    const [optimizer, other] = [await create(), await create()];
    for (let step = 1; step <= 3; step++)
      tf.tidy(() => {
        optimizer.step(some, gradientsOf(alone, step), { step, learningRate: rate });
        other.step(alone, gradientsOf(alone, step), { step, learningRate: rate });
      });
    const [kernel, scale, bias] = some;
    demandEqual('body/scale, without a gradient', valuesOf([scale!]), [...numbers('body/scale', 0)]);
    demandEqual('the others', valuesOf([kernel!, bias!]), valuesOf(alone));
  },
);

const named = optimizerCheck(
  'parameters are known by their names, in whichever order they come',
  async ({ create, parametersOf, rate }) => {
    const [straight, reversed] = [parametersOf(), parametersOf()];
    const [optimizer, other] = [await create(), await create()];
    for (let step = 1; step <= 3; step++) {
      take(optimizer, straight, { from: step, to: step, rate });
      take(other, step === 2 ? reversed : reversed.toReversed(), { from: step, to: step, rate });
    }
    demandEqual('parameters, given in another order', valuesOf(reversed), valuesOf(straight));
  },
);

const decay = optimizerCheck(
  'under a gradient of 0 only what decays moves, towards 0',
  async ({ create, parametersOf, rate }) => {
    const [optimizer, parameters] = [await create(), parametersOf()];
    const before = valuesOf(parameters);
    const zeros = (name: string): Float32Array => numbers(name, 0).fill(0);
    take(optimizer, parameters, { from: 1, to: 3, rate, gradient: zeros });
    const decays = parameters.flatMap((parameter) => valuesOf([parameter]).map(() => parameter.decay));
    valuesOf(parameters).forEach((value, i) => {
      const start = before[i]!;
      if (decays[i])
        demand(Math.abs(value) <= Math.abs(start), `at most ${Math.abs(start)}: it decays`, () => `${value}`);
      else demand(value === start, `${start}: it does not decay`, () => `${value}`);
    });
  },
);

const extremes = optimizerCheck(
  'parameters stay finite under gradients of 0, of 1e-20 and of 1e6',
  async ({ create, parametersOf, rate }) => {
    for (const size of [0, 1e-20, 1e6, -1e6]) {
      const [optimizer, parameters] = [await create(), parametersOf()];
      take(optimizer, parameters, { from: 1, to: 4, rate, gradient: (name) => numbers(name, 0).fill(size) });
      for (const value of valuesOf(parameters))
        demand(Number.isFinite(value), `finite parameters after gradients of ${size}`, () => `${value}`);
    }
  },
);

const untouched = optimizerCheck(
  'gradients, shapes and the list of parameters are not changed',
  async ({ create, parametersOf, rate }) => {
    const [optimizer, parameters] = [await create(), parametersOf()];
    const layout = (): string[] =>
      parameters.map(({ name, variable: { dtype, shape } }) => `${name}: ${dtype} [${shape.join(', ')}]`);
    const before = layout();
    const gradients = gradientsOf(parameters, 1);
    tf.tidy(() => {
      optimizer.step(parameters, gradients, { step: 1, learningRate: rate });
    });
    demand(layout().join() === before.join(), before.join(), () => layout().join());
    demand(gradients.size === parameters.length, `${parameters.length} gradients`, () => `${gradients.size}`);
    for (const [name, gradient] of gradients) {
      demand(!gradient.isDisposed, `the gradient of ${name} left to its owner`, () => 'it is disposed');
      demandEqual(`the gradient of ${name}`, gradient.dataSync(), numbers(name, 1));
      gradient.dispose();
    }
  },
);

export const optimizerStepChecks: readonly Check<'optimizer'>[] = [
  peak,
  still,
  lowers,
  absent,
  named,
  decay,
  extremes,
  untouched,
];
