import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { labelsFromRows, pathOption, SPLITS, z, type Dataset, type Inputs, type Split } from '@counterweight/core';

import { readLines } from './json-lines.js';

export const options = z.strictObject({
  table: pathOption('file').describe('JSON Lines: {"id": …, "features": […], "labels": […], "split": "train"}.'),
});
export type MyPluginOptions = z.output<typeof options>;

const id = z.string().min(1);
const features = z.array(z.number()).min(1);
/** An example with labels. */
const labelled = z.strictObject({ id, features, labels: z.array(z.string().min(1)), split: z.enum(SPLITS) });
/** One to predict: what else its line has is not looked at. */
const unlabelled = z.object({ id, features });

/**
 * Feature vectors and their labels from a file of JSON Lines (jsonlines.org), held in memory.
 * @param folder that a relative path starts from
 * @throws my-plugin-line
 */
export async function myPlugin({ table }: MyPluginOptions, folder: string): Promise<Dataset> {
  const file = resolve(folder, table);
  const text = await readFile(file, 'utf8');
  const rows = readLines(file, text, labelled);
  const classes = [...new Set(rows.flatMap(({ labels }) => labels))].sort();
  const indexOf = new Map(classes.map((name, c) => [name, c]));
  const members = (split: Split): Int32Array =>
    Int32Array.from(rows.flatMap((row, example) => (row.split === split ? [example] : [])));
  return {
    classes,
    input: { shape: [rows[0]!.features.length], dtype: 'float32' },
    labels: labelsFromRows(
      rows.map(({ labels }) => labels.map((name) => indexOf.get(name)!)),
      classes.length,
    ),
    splits: { train: members('train'), validation: members('validation'), test: members('test') },
    // Of everything that training sees: a run goes on with the same data only.
    fingerprint: createHash('sha256').update(text).digest('hex'),
    ...inputsOf(rows),
  };
}

/** Examples to predict, without labels. @throws my-plugin-line */
export const myPluginInputs = async (file: string): Promise<Inputs> =>
  inputsOf(readLines(file, await readFile(file, 'utf8'), unlabelled));

const inputsOf = (rows: readonly z.output<typeof unlabelled>[]): Inputs => ({
  count: rows.length,
  id: (example) => rows[example]!.id,
  read: (examples, into) => {
    examples.forEach((example, i) => {
      const { features } = rows[example]!;
      into.set(features, i * features.length);
    });
    return Promise.resolve();
  },
  close: () => Promise.resolve(),
});
