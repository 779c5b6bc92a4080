import { INPUT, type Model, type ModelInput, type Optimizer } from '@counterweight/core';
import { accelerate } from '@counterweight/tensorflow';
import { channelStatistics, initialiseHead } from '@counterweight/trainer';

import { callPlugin } from './plugin-call.js';
import type { Prepared } from './prepare.js';

/** What has tensors. */
export interface Network {
  readonly model: Model;
  readonly optimizer: Optimizer;
}

/** Numbers that training moves. */
export const parameterCount = ({ parameters }: Pick<Model, 'parameters'>): number =>
  parameters.reduce((sum, { variable }) => sum + variable.size, 0);

/** A network as training begins with it: its output bias is that of the priors. The engine is loaded; the scope owns it. */
export async function createNetwork(
  { manifest, scope, loss, statistics }: Prepared,
  input: ModelInput,
): Promise<Network> {
  scope.provide(INPUT, input);
  const model = await scope.create(manifest.model);
  const caller = { use: manifest.model.use, place: manifest.place(manifest.model.at) };
  callPlugin(caller, 'having its output bias set', () => {
    initialiseHead(model, loss, statistics);
  });
  const optimizer = await scope.create(manifest.optimizer);
  accelerate(); // last: a model may bring a tfjs that registers its own, slower gradients
  return { model, optimizer };
}

/** Training examples that are looked at for mean and deviation: beyond that they do not change. */
const STANDARDISED = 20_000;

/** What a model is built for: the shape of its inputs, their mean and deviation, the number of its classes. */
export async function modelInput({ dataset }: Prepared): Promise<ModelInput> {
  const { shape, dtype } = dataset.input;
  const { train } = dataset.splits;
  const every = Math.max(1, train.length / STANDARDISED);
  const examples = Int32Array.from(
    { length: Math.min(train.length, STANDARDISED) },
    (_, i) => train[Math.floor(i * every)]!,
  );
  return { shape, dtype, classes: dataset.classes.length, ...(await channelStatistics(dataset, examples)) };
}
