/** Every check of a sampler catches a plugin that breaks its law. */
import {
  definePlugin,
  z,
  type AnyPlugin,
  type DrawSampler,
  type MinedBatch,
  type MineSampler,
} from '@counterweight/core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

import { drawChecks, drawConformance, mineChecks, mineConformance } from './conformance.js';
import { proven, type Broken } from './fixtures/proven.js';

const strict = z.strictObject({});
const mining = (mine: (batch: MinedBatch) => tf.Tensor2D): AnyPlugin<'sampler'> =>
  definePlugin({
    kind: 'sampler',
    name: 'broken',
    options: strict,
    create: (): MineSampler => ({ kind: 'mine', mine: (batch) => ({ weights: mine(batch), denominator: 'kept' }) }),
  });
const drawing = (sampler: Omit<DrawSampler, 'kind'>): AnyPlugin<'sampler'> =>
  definePlugin({ kind: 'sampler', name: 'broken', options: strict, create: () => ({ kind: 'draw', ...sampler }) });

const all = ({ losses }: MinedBatch): tf.Tensor2D => tf.onesLike(losses);
/** The entries with a loss above the mean of the batch: many or few, as they come. */
const aboveMean = ({ losses }: MinedBatch): tf.Tensor2D => tf.cast(tf.greater(losses, tf.mean(losses)), 'float32');
const loose = { kind: 'sampler', name: 'broken', options: z.object({}) } as const;
const OPTIONS = 'an unknown option is refused and the options have a JSON Schema';

let call = 0;
const brokenMiners: Broken<'sampler'> = {
  [OPTIONS]: {
    'a loose schema': definePlugin({
      ...loose,
      create: () => ({ kind: 'mine', mine: (batch) => ({ weights: all(batch), denominator: 'kept' }) }),
    }),
  },
  'weights are finite, at least 0, and multiply the gradient as constants': {
    'a denominator of its own': definePlugin({
      kind: 'sampler',
      name: 'broken',
      options: strict,
      create: () => ({ kind: 'mine', mine: (batch) => ({ weights: all(batch), denominator: 'batch' as 'kept' }) }),
    }),
    'negative weights': mining((batch) => tf.neg(all(batch))),
    booleans: mining(({ losses }) => tf.greater(losses, 0.5)),
    'a weight for each row': mining(({ losses }) => tf.ones([losses.shape[0], 1])),
    'NaN where nothing is known': mining(({ losses }) => tf.div(losses, losses)),
  },
  'the counts of kept positives and negatives are those of the weights': {
    'nothing kept': mining(({ losses }) => tf.zerosLike(losses)),
  },
  'equal losses: the lower row comes first, then the lower column': {
    'whatever reaches the fourth largest': mining(({ losses }) => {
      const { values } = tf.topk(tf.reshape(losses, [-1]), Math.min(4, losses.size));
      return tf.cast(tf.greaterEqual(losses, tf.min(values)), 'float32');
    }),
  },
  'rows and columns in another order: the same entries': {
    'the first rows': mining(({ losses }) => tf.cast(tf.less(rowNumbers(losses), 3), 'float32')),
    'the first columns': mining(({ losses }) =>
      tf.transpose(tf.cast(tf.less(rowNumbers(tf.transpose(losses)), 3), 'float32')),
    ),
  },
  'a row that is unknown changes nothing for the others': { 'the mean over all entries': mining(aboveMean) },
  'batches without positives, without negatives and without anything known are fine': {
    'a division by the positives': mining((batch) => tf.div(all(batch), batch.batch.counts.positives)),
  },
  'no tensor is left behind': { 'tf.keep': mining((batch) => tf.keep(all(batch))) },
  'the same batch gives the same weights, and stays as it is': {
    'a counter inside': mining((batch) => tf.mul(all(batch), ++call)),
    'labels rewritten': mining((batch) => {
      batch.batch.labels.positives.classes[0]! ^= 1;
      return all(batch);
    }),
    'losses sorted in place': mining((batch) => {
      batch.losses.dataSync().sort();
      return all(batch);
    }),
  },
};

function rowNumbers(losses: tf.Tensor2D): tf.Tensor2D {
  return tf.broadcastTo(tf.expandDims(tf.range(0, losses.shape[0]), 1), losses.shape);
}

const uniform = (pool: Int32Array): Float64Array => new Float64Array(pool.length).fill(1 / pool.length);
let epochs = 0;
const brokenDrawers: Broken<'sampler'> = {
  [OPTIONS]: { 'a loose schema': definePlugin({ ...loose, create: () => ({ kind: 'draw', draw: (pool) => pool }) }) },
  'every draw is an example of the pool, whatever the pool': {
    'places instead of examples': drawing({ draw: (pool) => pool.map((_, i) => i) }),
    nothing: drawing({ draw: () => new Int32Array(0) }),
    'nothing where nothing is labelled': drawing({
      draw: (pool, { labels }) =>
        pool.filter((row) => labels.positives.offsets[row] !== labels.positives.offsets[row + 1]),
    }),
    'a list': drawing({ draw: (pool) => [...pool] as unknown as Int32Array }),
  },
  'an epoch depends on pool, epoch and seed only, so that it can be resumed': {
    'shares of the first pool': (() => {
      const create = (): DrawSampler => {
        let shares: number[] | undefined;
        return {
          kind: 'draw',
          draw: (pool, { random, labels: { positives } }) => {
            shares ??= Array.from(pool, (row) => (positives.offsets[row + 1]! - positives.offsets[row]!) / 4);
            const drawn = pool.filter((_, i) => random.uniform() <= shares![i]!);
            return drawn.length > 0 ? drawn : Int32Array.from(pool);
          },
        };
      };
      return definePlugin({ kind: 'sampler', name: 'broken', options: strict, create });
    })(),
    'a counter inside': drawing({ draw: (pool) => pool.subarray(epochs++ % 2) }),
    'a pool sorted in place': drawing({ draw: (pool) => pool.sort() }),
  },
  'probabilities are at least 0 and sum to 1': {
    factors: drawing({ draw: (pool) => pool, probabilities: (pool) => new Float64Array(pool.length).fill(1) }),
    'a share of the labels, of which there may be none': drawing({
      draw: (pool) => pool,
      probabilities: (pool, { labels: { positives } }) => {
        const counts = Float64Array.from(pool, (row) => positives.offsets[row + 1]! - positives.offsets[row]!);
        const sum = counts.reduce((a, b) => a + b, 0);
        return counts.map((count) => count / sum);
      },
    }),
    'one too few': drawing({ draw: (pool) => pool, probabilities: (pool) => uniform(pool.subarray(1)) }),
  },
  'examples are drawn as often as the probabilities say': {
    'the first half only': drawing({ draw: (pool) => pool.subarray(pool.length / 2), probabilities: uniform }),
  },
};

proven(mineChecks, brokenMiners);
proven(drawChecks, brokenDrawers);

test('the wrong kind of sampler is named', async () => {
  await expect(mineChecks[1]!.run(drawing({ draw: (pool) => pool }))).rejects.toThrow('kit-lacks-kind');
  await expect(drawChecks[1]!.run(mining(all))).rejects.toThrow('kit-lacks-kind');
});

mineConformance({ test, plugin: mining(all) });
mineConformance({ test, plugin: mining(({ losses }) => tf.sub(1, tf.exp(tf.neg(losses)))) });
drawConformance({ test, plugin: drawing({ draw: (pool) => pool.slice(), probabilities: uniform }) });
