/** What gradients a model must give. */
import { randomStream } from '@counterweight/core';

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

const derivatives = modelCheck('gradients are the derivatives of the logits', async (trial) => {
  const model = used(await trial.create(), trial);
  const x = trial.examples(6);
  const gradients = gradientsOf(model, x);
  const slopes = slopesOf(6 * trial.input.classes);
  for (const { name, variable } of model.parameters) {
    const gradient = gradients.get(name)!;
    const start = variable.dataSync<'float32'>().slice();
    const direction = directionFor(gradient, sizeOf(start), name);
    const along = (shift: number): number => {
      assign(
        variable,
        start.map((value, i) => value + shift * direction[i]!),
      );
      return logitsOf(model, x, modeOf(true)).reduce((sum, logit, i) => sum + logit * slopes[i]!, 0);
    };
    const slope = gradient.reduce((sum, g, i) => sum + g * direction[i]!, 0);
    const size = Math.sqrt(
      gradient.reduce((sum, g) => sum + g ** 2, 0) * direction.reduce((sum, d) => sum + d ** 2, 0),
    );
    const { difference, agrees } = await nearestDifference(along, { slope, absolute: 0.002 * size });
    assign(variable, start);
    demand(agrees, `a gradient of ${difference} along a direction of ${name} (central difference)`, () => `${slope}`);
  }
});

/** Mostly the gradient's own signs, so that there is a slope; some at random, so that what it lacks is seen. */
function directionFor(gradient: Float32Array, size: number, name: string): Float32Array {
  const random = randomStream(31).fork(name);
  return gradient.map((slope) => {
    const own = random.uniform() < 0.75 ? Math.sign(slope) : 0;
    return size * Math.abs(random.normal()) * (own || (random.uniform() < 0.5 ? 1 : -1));
  });
}

export const modelGradientLaws: readonly ModelLaw[] = [present, derivatives];
