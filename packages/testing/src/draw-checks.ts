/** What a sampler that draws examples must do, however it draws. */
import {
  labelsFromRows,
  labelStatistics,
  randomStream,
  rowOf,
  type AnyPlugin,
  type DrawSampler,
  type SparseLabels,
} from '@counterweight/core';

import { STATISTICS } from './batches.js';
import { demand, demandEqual, unlessRefused, type Check } from './check.js';
import { createDrawer } from './create.js';

const COLUMNS = 6;

/** 120 rows: a common class to a rare one, an empty one, some rows without labels. */
const makeLabels = (): SparseLabels => {
  const random = randomStream(21);
  const shares = [0.6, 0.3, 0.1, 0.03, 0.01, 0];
  return labelsFromRows(
    Array.from({ length: 120 }, (_, row) =>
      row % 10 === 0
        ? []
        : shares.flatMap((share, c) => (random.uniform() < share || (c === 4 && row === 51) ? [c] : [])),
    ),
    COLUMNS,
  );
};
/** Not all rows, not in order. */
const makePool = (): Int32Array => Int32Array.from({ length: 90 }, (_, i) => (i * 7 + 3) % 120);
/** What a split or an earlier sampler may leave. */
const POOLS: Readonly<Record<string, (pool: Int32Array) => Int32Array>> = {
  'the pool': (pool) => pool,
  'a pool with repeats': (pool) => Int32Array.from([...pool.subarray(0, 20), ...pool.subarray(5, 15)]),
  'a pool of twelve': (pool) => pool.subarray(0, 12),
  'a pool of one': (pool) => pool.subarray(0, 1),
  'a pool without labels': (pool) => pool.filter((row) => row % 10 === 0),
};
/** Where nothing is, a sampler may refuse, by an error of its own. */
const isLabelled = (pool: Int32Array): boolean => pool.some((row) => row % 10 !== 0);
/** The same rows where what is not listed is unknown. */
const unlisted = (labels: SparseLabels): SparseLabels => ({ ...labels, unlisted: 'unknown' });

interface Trial {
  readonly sampler: DrawSampler;
  readonly pool: Int32Array;
  readonly labels: SparseLabels;
  readonly draw: (epoch: number, pool?: Int32Array, labels?: SparseLabels) => Int32Array;
  /** By an instance that has drawn nothing yet. */
  readonly drawAfresh: (epoch: number, pool: Int32Array) => Promise<Int32Array>;
}

const drawCheck = (name: string, holds: (trial: Trial) => void | Promise<void>): Check<'sampler'> => ({
  name,
  run: async (plugin: AnyPlugin<'sampler'>, options: unknown = {}) => {
    const sampler = await createDrawer(plugin, options, STATISTICS);
    const [pool, labels] = [makePool(), makeLabels()];
    const statistics = labelStatistics(labels, pool);
    const random = (epoch: number) => randomStream(5).fork(plugin.name).fork(epoch);
    const about = (epoch: number, of = labels) => ({ epoch, labels: of, statistics, random: random(epoch) });
    await holds({
      sampler,
      pool,
      labels,
      draw: (epoch, from = pool, of) => sampler.draw(from, about(epoch, of)),
      drawAfresh: async (epoch, from) => (await createDrawer(plugin, options, STATISTICS)).draw(from, about(epoch)),
    });
  },
});

const EPOCHS = 400;

const inside = drawCheck('every draw is an example of the pool, whatever the pool', ({ pool, labels, draw }) => {
  for (const [what, of] of Object.entries(POOLS))
    for (const known of [labels, unlisted(labels)])
      for (let epoch = 0; epoch < 5; epoch++) {
        const from = of(pool);
        const attempt = (): unknown => draw(epoch, from, known);
        const drawn = isLabelled(from) ? attempt() : unlessRefused(attempt);
        if (drawn === 'refused') continue;
        demand(
          drawn instanceof Int32Array && drawn.length > 0,
          `${what}: an Int32Array with at least one example`,
          () => String(drawn),
        );
        const stranger = drawn.find((example) => !from.includes(example));
        demand(stranger === undefined, `${what}: its own examples`, () => `example ${String(stranger)}`);
      }
});

const pure = drawCheck(
  'an epoch depends on pool, epoch and seed only, so that it can be resumed',
  async ({ pool, labels, draw, drawAfresh }) => {
    const before = [...pool, ...labels.positives.classes];
    const epochs = [0, 1, 2, 3].map((epoch) => draw(epoch));
    for (const epoch of [3, 1, 0, 2]) demandEqual(`epoch ${epoch}, drawn again`, draw(epoch), epochs[epoch]!);
    // What an earlier sampler leaves may be another pool in each epoch.
    const other = pool.toReversed();
    demandEqual('epoch 0 of another pool, by a fresh instance', await drawAfresh(0, other), draw(0, other));
    demandEqual('pool and labels', [...pool, ...labels.positives.classes], before);
  },
);

const probabilities = drawCheck('probabilities are at least 0 and sum to 1', ({ sampler, pool, labels }) => {
  if (!sampler.probabilities) return;
  for (const [what, of] of Object.entries(POOLS))
    for (const known of [labels, unlisted(labels)]) {
      const from = of(pool);
      const before = [...from];
      const attempt = (): Float64Array =>
        sampler.probabilities!(from, { labels: known, statistics: labelStatistics(known, from) });
      const exact = isLabelled(from) ? attempt() : unlessRefused(attempt);
      if (exact === 'refused') continue;
      demand(exact.length === from.length, `${what}: ${from.length} probabilities`, () => `${exact.length}`);
      exact.forEach((q, i) => demand(q >= 0, `${what}: probabilities[${i}] of at least 0`, () => `${q}`));
      const sum = exact.reduce((a, b) => a + b, 0);
      demand(Math.abs(sum - 1) < 1e-9, `${what}: the sum 1`, () => `${sum}`);
      demandEqual(`${what}, afterwards`, from, before);
    }
});

const frequencies = drawCheck(
  'examples are drawn as often as the probabilities say',
  ({ sampler, pool, labels, draw }) => {
    const exact = sampler.probabilities?.(pool, { labels, statistics: labelStatistics(labels, pool) });
    if (!exact) return;
    const counts = new Map<number, number>();
    let total = 0;
    for (let epoch = 0; epoch < EPOCHS; epoch++) {
      const drawn = draw(epoch);
      total += drawn.length;
      for (const example of drawn) counts.set(example, (counts.get(example) ?? 0) + 1);
    }
    pool.forEach((example, i) => {
      const expected = total * exact[i]!;
      const found = counts.get(example) ?? 0;
      // Five deviations of a Poisson count; a draw in whole repeats varies less.
      demand(
        Math.abs(found - expected) <= 5 * Math.sqrt(expected),
        `example ${example} (labels ${rowOf(labels.positives, example).join(' ') || 'none'}) about ${expected.toFixed(1)} times in ${total} draws`,
        () => `${found}`,
      );
    });
  },
);

export const drawChecks: readonly Check<'sampler'>[] = [inside, pure, probabilities, frequencies];
