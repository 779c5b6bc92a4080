/** What gradients a model must give. */
import { randomStream, shuffle, type Parameter } from '@counterweight/core';

import { demand } from './check.js';
import { nearestDifference } from './finite-differences.js';
import {
  assign,
  gradientsOf,
  logitsOf,
  modelCheck,
  modeOf,
  sizeOf,
  slopesOf,
  used,
  type ModelLaw,
} from './model-check.js';

const present = modelCheck('every parameter gets a finite gradient', async (trial) => {
  const model = used(await trial.create(), trial);
  const reached = new Set<string>();
  for (const seed of [1, 2, 3])
    for (const [name, gradient] of gradientsOf(model, trial.examples(6, seed), modeOf(true, [], seed))) {
      gradient.forEach((slope) => demand(Number.isFinite(slope), `a finite gradient of ${name}`, () => `${slope}`));
      if (gradient.some((slope) => slope !== 0)) reached.add(name);
    }
  for (const { name } of model.parameters)
    demand(reached.has(name), `a gradient of ${name} other than 0, from some of three batches`, () => 'none');
});

/** Most parameters that are looked at one by one: of a deep network some, drawn once and for all. */
const MOST = 12;

const derivatives = modelCheck('gradients are the derivatives of the logits', async (trial) => {
  const model = used(await trial.create(), trial);
  const x = trial.examples(6);
  const gradients = gradientsOf(model, x);
  const slopes = slopesOf(6 * trial.input.classes);
  const value = (): number => logitsOf(model, x, modeOf(true)).reduce((sum, logit, i) => sum + logit * slopes[i]!, 0);
  for (const parameter of some(model.parameters)) {
    const { name, variable } = parameter;
    const gradient = gradients.get(name);
    demand(gradient !== undefined, `a gradient of ${name}`, () => 'none');
    const start = variable.dataSync<'float32'>().slice();
    const direction = directionFor(gradient, sizeOf(start), name);
    const along = (shift: number): number => {
      assign(
        variable,
        start.map((at, i) => at + shift * direction[i]!),
      );
      return value();
    };
    const slope = product(gradient, direction);
    const size = Math.sqrt(product(gradient, gradient) * product(direction, direction));
    const { difference, agrees } = await nearestDifference(along, { slope, absolute: 0.002 * size });
    assign(variable, start);
    demand(agrees, `a gradient of ${difference} along a direction of ${name} (central difference)`, () => `${slope}`);
  }
});

const some = (parameters: readonly Parameter[]): readonly Parameter[] =>
  parameters.length <= MOST
    ? parameters
    : Array.from(
        shuffle(Int32Array.from(parameters.keys()), randomStream(37)).subarray(0, MOST),
        (i) => parameters[i]!,
      );

const product = (a: Float32Array, b: Float32Array): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/** Mostly the gradient's own signs, so that there is a slope; some at random, so that what it lacks is seen. */
function directionFor(gradient: Float32Array, size: number, name: string): Float32Array {
  const random = randomStream(31).fork(name);
  return gradient.map((slope) => {
    const own = random.uniform() < 0.75 ? Math.sign(slope) : 0;
    return size * Math.abs(random.normal()) * (own || (random.uniform() < 0.5 ? 1 : -1));
  });
}

export const modelGradientLaws: readonly ModelLaw[] = [present, derivatives];
