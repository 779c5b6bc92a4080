import { createHash } from 'node:crypto';
import { endianness } from 'node:os';
import { join } from 'node:path';

import {
  labelStatistics,
  shuffle,
  sparseLabels,
  SPLITS,
  type Csr,
  type Dataset,
  type Logger,
  type RandomStream,
  type SparseLabels,
} from '@counterweight/core';

import { drawLabels } from './draw-labels.js';
import { keptLabels } from './kept-labels.js';
import { logitsOf } from './logits.js';
import type { SyntheticOptions } from './options.js';
import { painter } from './picture.js';
import { makeRecipe, type Recipe } from './recipe.js';

/** Changes with anything that changes an example. */
const VERSION = 1;

/** Multiply-adds, about half a second’s worth, from which on labels are kept on disk. */
const WORTH_KEEPING = 1e9;

/**
 * Images whose labels' probabilities are known. Class c is the c-th rarest. Images are painted when they are read; `optimum`
 * is computed from the latents, a block at a time, at the cost of the labels.
 * @param cache folder in which labels that took a while are kept
 */
export async function synthetic(
  options: SyntheticOptions,
  random: RandomStream,
  logger: Logger,
  cache: string,
): Promise<Dataset> {
  const { examples, classes, size, noise } = options;
  const recipe = makeRecipe(options, random);
  const labels = sparseLabels({
    rows: examples,
    columns: classes,
    positives: await labelsOf(options, recipe, logger, cache),
  });
  const splits = deal(examples, options.splits, random.fork('splits'));
  const paint = painter(recipe, size, noise);
  const frame = size * size * 3;
  return {
    classes: Array.from({ length: classes }, (_, c) => `class-${padded(c, classes)}`),
    input: { shape: [size, size, 3], dtype: 'uint8' },
    labels,
    splits,
    fingerprint: digest({ version: VERSION, options, seed: seedOf(random) }),
    notices: noticesOf(labels, splits),
    id: (example) => `example-${padded(example, examples)}`,
    read: (asked, into) => {
      asked.forEach((example, i) => {
        into.set(paint(example), i * frame);
      });
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
    optimum: (asked) => ({
      rows: asked.length,
      columns: classes,
      block: (from, to) => logitsOf(recipe, asked.subarray(from, to)),
    }),
  };
}

function labelsOf(options: SyntheticOptions, recipe: Recipe, logger: Logger, cache: string): Promise<Csr> {
  const { examples, classes, labelsPerExample, rarest, commonest, strength, latents } = options;
  const make = (): Promise<Csr> => drawLabels(recipe, 0, examples);
  if (examples * classes * latents < WORTH_KEEPING) return make();
  const decides = { examples, classes, labelsPerExample, rarest, commonest, strength, latents };
  const key = digest({ version: VERSION, decides, seed: seedOf(recipe.random), order: endianness() });
  const file = join(cache, `${key.slice(0, 32)}.labels`);
  return keptLabels(file, examples, logger, () => {
    logger.info(`Making labels: ${examples} examples × ${classes} classes. They are kept in ${file}.`);
    return make();
  });
}

function deal(
  examples: number,
  { train, validation }: SyntheticOptions['splits'],
  random: RandomStream,
): Dataset['splits'] {
  const order = shuffle(
    Int32Array.from({ length: examples }, (_, i) => i),
    random,
  );
  const ends = [Math.round(examples * train), Math.round(examples * (train + validation)), examples];
  const [first, second, third] = ends.map((end, i) => order.slice(ends[i - 1] ?? 0, end).sort());
  return { train: first!, validation: second!, test: third! };
}

function noticesOf(labels: SparseLabels, splits: Dataset['splits']): string[] {
  const { rows } = labels;
  const all = labelStatistics(
    labels,
    Int32Array.from({ length: rows }, (_, i) => i),
  );
  const empty = SPLITS.flatMap((split) => {
    const without = labelStatistics(labels, splits[split]).positives.filter((count) => count === 0).length;
    return splits[split].length === 0 || without === 0
      ? []
      : [`${without} ${without === 1 ? 'class' : 'classes'} without a positive in ${split}.`];
  });
  const { positives, labelsPerExample } = all;
  const range = `the rarest class has ${Math.min(...positives)}, the commonest ${Math.max(...positives)}`;
  return [`Made by the seed: ${rows} examples, ${labelsPerExample.toFixed(1)} labels each; ${range}.`, ...empty];
}

/** 128 bits of a stream of its own: what tells one seed from another. */
function seedOf(random: RandomStream): number[] {
  const stream = random.fork('seed');
  return Array.from({ length: 4 }, () => stream.integer(2 ** 32));
}

const digest = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** Of equal length, so that names sort as numbers do. */
const padded = (index: number, count: number): string => String(index).padStart(String(count - 1).length, '0');
