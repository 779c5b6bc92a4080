import {
  errors as coreErrors,
  chainEffect,
  DATASET,
  LABEL_STATISTICS,
  labelStatistics,
  randomStream,
  resolveWeights,
  weighted,
  type Dataset,
  type DrawSampler,
  type LabelStatistics,
  type Logger,
  type Loss,
  type MineSampler,
  type RandomStream,
  type SamplerEffect,
} from '@counterweight/core';
import { errors as trainerErrors } from '@counterweight/trainer';

import { errors } from './errors.js';
import { createMetrics, type NamedMetrics } from './evaluate-split.js';
import type { Manifest } from './manifest.js';
import { Scope } from './scope.js';
import { checkWatched } from './watched-metric.js';
import { readWeightsTable } from './weights-table.js';

/** Everything of a run that exists before a tensor does. */
export interface Prepared {
  readonly manifest: Manifest;
  /** Owns what follows; the model joins it later. */
  readonly scope: Scope;
  /** The run's stream: everything random forks it by name. */
  readonly random: RandomStream;
  readonly dataset: Dataset;
  /** Of the training split, with the sampled prior after all draw samplers. */
  readonly statistics: LabelStatistics;
  readonly draws: readonly DrawSampler[];
  readonly miner: MineSampler | undefined;
  /** What the draw samplers up to each one do to the priors, by their place in the manifest. */
  readonly effects: readonly { readonly sampler: number; readonly effect: SamplerEffect }[];
  /** With its weights. */
  readonly loss: Loss;
  /** Classes whose count a weight rule had to clamp. */
  readonly clamped: number;
  readonly weights: Readonly<Record<string, Float64Array>>;
  readonly metrics: NamedMetrics;
}

/**
 * Manifest → data set → statistics → draw samplers → sampled prior → loss → metrics. Reads the data; loads no engine.
 * @throws what plugins throw; no-training-examples, several-miners, weights-on-batch-loss, weights-table, needs-elementwise-loss;
 *   early-stopping-needs-validation, early-stopping-metric-unknown
 */
export async function prepare(manifest: Manifest, logger: Logger): Promise<Prepared> {
  const random = randomStream(manifest.settings.seed);
  const { folder, place } = manifest;
  const scope = new Scope({ logger, folder, random: random.fork('plugins'), place });
  try {
    const dataset = await scope.create(manifest.data);
    if (dataset.splits.train.length === 0)
      throw trainerErrors['no-training-examples'](undefined, { place: place(manifest.data.at) });
    if (manifest.settings.training.earlyStopping && dataset.splits.validation.length === 0)
      throw trainerErrors['early-stopping-needs-validation'](undefined, {
        place: place(['training', 'earlyStopping']),
      });
    scope.provide(DATASET, dataset);
    const sampling = await createSamplers(manifest, scope, dataset, random);
    scope.provide(LABEL_STATISTICS, sampling.statistics);
    const loss = await createLoss(manifest, scope, dataset, sampling.statistics);
    if (sampling.miner && loss.loss.kind === 'batch')
      throw trainerErrors['needs-elementwise-loss']({ what: 'a mining sampler' }, { place: place(['samplers']) });
    if (dataset.exampleWeights && loss.loss.kind === 'batch')
      throw trainerErrors['needs-elementwise-loss']({ what: 'example weights' }, { place: place(manifest.loss.at) });
    const metrics = await createMetrics(manifest, scope);
    const prepared = { manifest, scope, random, dataset, ...sampling, ...loss, metrics };
    await checkWatched(prepared);
    return prepared;
  } catch (error) {
    await scope.dispose();
    throw error;
  }
}

type Sampling = Pick<Prepared, 'statistics' | 'draws' | 'miner' | 'effects'>;

/** In the manifest's order: each sampler sees the priors that those before it leave. */
async function createSamplers(
  manifest: Manifest,
  scope: Scope,
  { labels, splits }: Dataset,
  random: RandomStream,
): Promise<Sampling> {
  const untouched = labelStatistics(labels, splits.train);
  let statistics = untouched;
  const given: DrawSampler[] = [];
  let draws: readonly DrawSampler[] = [];
  const miners: { readonly miner: MineSampler; readonly name: string }[] = [];
  const effects: Prepared['effects'][number][] = [];
  for (const [position, entry] of manifest.samplers.entries()) {
    scope.provide(LABEL_STATISTICS, statistics);
    const sampler = await scope.create(entry);
    if (sampler.kind === 'mine') miners.push({ miner: sampler, name: entry.use });
    else {
      given.push(sampler);
      const chain = chainEffect(given, splits.train, labels, untouched, random.fork('samplers'));
      effects.push({ sampler: position, effect: chain.effect });
      statistics = chain.statistics;
      draws = chain.samplers;
    }
    if (miners.length > 1)
      throw errors['several-miners']({ names: miners.map(({ name }) => name) }, { place: manifest.place(entry.at) });
  }
  return { statistics, draws, miner: miners[0]?.miner, effects };
}

async function createLoss(
  { loss: entry, weights: option, folder, place }: Manifest,
  scope: Scope,
  { classes }: Dataset,
  statistics: LabelStatistics,
): Promise<Pick<Prepared, 'loss' | 'weights' | 'clamped'>> {
  const loss = await scope.create(entry);
  if (option === 'none') return { loss, weights: {}, clamped: 0 };
  if (loss.kind === 'batch')
    throw coreErrors['weights-on-batch-loss']({ use: entry.use }, { place: place(['loss', 'weights']) });
  const { weights, clamped } = resolveWeights(option, statistics, (path) => readWeightsTable(path, folder, classes));
  return { loss: weighted(loss, weights), weights: { ...weights }, clamped };
}
