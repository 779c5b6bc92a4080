import type { Kind, PluginOrigin } from '@counterweight/core';

import { callbackContract } from './contracts/callback.js';
import { datasetContract, inputsContract } from './contracts/dataset.js';
import { lossContract } from './contracts/loss.js';
import { metricContract } from './contracts/metric.js';
import { modelContract } from './contracts/model.js';
import { optimizerContract } from './contracts/optimizer.js';
import { samplerContract } from './contracts/sampler.js';

/** What is not as the contract says. */
export interface Wrong {
  readonly found: string;
  readonly expected: string;
}

/**
 * What of a kind's contract is checked at run time, with the plugin named: what costs nothing, and what would go wrong far from
 * its cause. Tensors are checked where the trainer receives them, draws where core does.
 */
export interface Contract {
  /** What it is, in words. */
  readonly expected: string;
  /** What is wrong with what `create` gave, once. */
  readonly made: (made: object) => Wrong | undefined;
  /** What is wrong with the result of a method, by its name. */
  readonly results?: Readonly<
    Record<string, (result: unknown, given: readonly unknown[], made: object) => Wrong | undefined>
  >;
  /** Methods that are called through something else. */
  readonly instead?: Readonly<Record<string, (made: never, origin: PluginOrigin) => (...given: never[]) => unknown>>;
  /** Methods that may answer with a promise. */
  readonly asynchronous: readonly string[];
  /** Methods whose promise nobody waits for. */
  readonly aside?: readonly string[];
}

export const CONTRACTS: Readonly<Record<Kind | 'inputs', Contract>> = {
  loss: lossContract,
  sampler: samplerContract,
  model: modelContract,
  dataset: datasetContract,
  inputs: inputsContract,
  metric: metricContract,
  optimizer: optimizerContract,
  callback: callbackContract,
  calibrator: { expected: 'a calibrator', made: () => undefined, asynchronous: [] },
};
