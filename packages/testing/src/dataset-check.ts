import { rm } from 'node:fs/promises';

import { CACHE_FOLDER, type AnyPlugin, type Dataset, type Inputs } from '@counterweight/core';

import { demand, type Check } from './check.js';
import { create } from './create.js';
import { newFolder } from './surroundings.js';

/** Makes another instance, under the same options or others; it finds in its cache what earlier ones left there. */
export type OpenDataset = (others?: unknown) => Promise<Dataset>;

/** A law of a data set. What is opened is closed; its cache is a folder of its own, empty at first. */
export const datasetCheck = (
  name: string,
  holds: (dataset: Dataset, open: OpenDataset, plugin: AnyPlugin<'dataset'>, options: unknown) => Promise<void>,
): Check<'dataset'> => ({
  name,
  run: async (plugin: AnyPlugin<'dataset'>, options: unknown = {}) => {
    const cache = newFolder();
    const opened: Dataset[] = [];
    const open: OpenDataset = async (chosen = options) => {
      const dataset = await create(plugin, chosen, [[CACHE_FOLDER, cache]]);
      opened.push(dataset);
      return dataset;
    };
    try {
      await holds(await open(), open, plugin, options);
    } finally {
      await Promise.allSettled(opened.map(async (dataset) => dataset.close()));
      await rm(cache, { recursive: true, force: true });
    }
  },
});

export const sizeOf = ({ input }: Pick<Dataset, 'input'>): number => input.shape.reduce((a, b) => a * b, 1);

/** Memory for so many numbers as a batch has it. */
export const memory = ({ input }: Pick<Dataset, 'input'>, length: number): Uint8Array | Float32Array =>
  input.dtype === 'uint8' ? new Uint8Array(length) : new Float32Array(length);

/** Examples in memory of their own. */
export async function read(
  source: Pick<Inputs, 'read'>,
  of: Pick<Dataset, 'input'>,
  examples: readonly number[],
): Promise<Uint8Array | Float32Array> {
  const into = memory(of, examples.length * sizeOf(of));
  await source.read(Int32Array.from(examples), into);
  return into;
}

/** At most so many examples, the first and the last among them, not in order. */
export function someExamples({ labels }: Dataset, most = 12): number[] {
  const { rows } = labels;
  const count = Math.min(rows, most);
  const spread = Array.from({ length: count }, (_, i) => Math.round((i * (rows - 1)) / Math.max(count - 1, 1)));
  return [...spread.filter((_, i) => i % 2 === 1), ...spread.filter((_, i) => i % 2 === 0)];
}

/** @throws check-failed unless both hold the same bytes; a difference is told by its example */
export function demandBytes(
  what: string,
  got: Uint8Array | Float32Array,
  want: Uint8Array | Float32Array,
  examples: readonly number[],
): void {
  const at = got.findIndex((value, i) => !Object.is(value, want[i]));
  const size = want.length / examples.length;
  demand(
    at === -1,
    `${what}: number ${at % size} of example ${examples[Math.floor(at / size)]!} is ${want[at]!}`,
    () => `${got[at]!}`,
  );
}
