import {
  drawEpoch,
  shuffle,
  type Dataset,
  type DrawSampler,
  type LabelStatistics,
  type RandomStream,
  type SparseLabels,
} from '@counterweight/core';

/** What decides which examples an epoch has. */
export interface Drawing {
  /** The training split. */
  readonly pool: Int32Array;
  /** In order: each draws from what the one before it drew. */
  readonly samplers: readonly DrawSampler[];
  readonly labels: SparseLabels;
  readonly statistics: LabelStatistics;
  /** The run's stream. */
  readonly random: RandomStream;
}

/** What a run draws from. */
export const drawingOf = ({
  dataset,
  draws = [],
  statistics,
  random,
}: {
  readonly dataset: Dataset;
  readonly draws?: readonly DrawSampler[];
  readonly statistics: LabelStatistics;
  readonly random: RandomStream;
}): Drawing => ({ pool: dataset.splits.train, samplers: draws, labels: dataset.labels, statistics, random });

/**
 * The examples of an epoch in the order of training: drawn, then shuffled. Depends on (seed, epoch) only.
 * @throws draw-invalid
 */
export function epochOrder(drawing: Drawing, epoch: number): Int32Array {
  return shuffle(Int32Array.from(drawn(drawing, epoch)), drawing.random.fork('order').fork(epoch));
}

/** Steps of each epoch: samplers may draw epochs of different length. The last partial batch counts. */
export function epochSteps(drawing: Drawing, epochs: number, batchSize: number): readonly number[] {
  const steps = (epoch: number): number => Math.ceil(drawn(drawing, epoch).length / batchSize);
  return drawing.samplers.length === 0
    ? new Array<number>(epochs).fill(steps(0))
    : Array.from({ length: epochs }, (_, epoch) => steps(epoch));
}

const drawn = ({ pool, samplers, labels, statistics, random }: Drawing, epoch: number): Int32Array =>
  drawEpoch(samplers, pool, { epoch, labels, statistics, random: random.fork('samplers') });
