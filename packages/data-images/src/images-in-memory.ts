import { createHash } from 'node:crypto';

import { labelsFromRows, SPLITS, type Dataset, type RandomStream, type SparseLabels } from '@counterweight/core';

import type { LabelTable } from './label-table.js';
import { noticesOf } from './notices.js';
import type { ImagesOptions } from './options.js';
import type { Pictures } from './pictures.js';
import { splitsOf, type Splits } from './splits.js';

/**
 * A data set whose images all lie in memory: image i of `pictures` is row i of the table.
 * Classes are the names of the table in ascending order of UTF-16 code units.
 * @throws split-empty
 */
export function imagesInMemory(
  pictures: Pictures,
  table: LabelTable,
  shares: ImagesOptions['splits'],
  random: RandomStream,
): Dataset {
  const classes = [...table.names].sort();
  const column = new Map(classes.map((name, index) => [name, index]));
  const columnOf = table.names.map((name) => column.get(name)!);
  const labels = labelsFromRows(
    table.rows.map((row) => row.labels.map((label) => columnOf[label]!)),
    classes.length,
  );
  const splits = splitsOf(table, labels, shares, random);
  const { height, width, channels } = pictures;
  const shape = [height, width, channels];
  const frame = height * width * channels;
  let { pixels } = pictures;
  return {
    classes,
    input: { shape, dtype: 'uint8' },
    labels,
    splits,
    fingerprint: fingerprint(shape, pixels, classes, labels, splits),
    notices: noticesOf({ table, pictures, classes, labels, splits }),
    id: (example) => table.rows[example]!.image,
    read: (examples, into) => {
      examples.forEach((example, i) => {
        into.set(pixels.subarray(example * frame, (example + 1) * frame), i * frame);
      });
      return Promise.resolve();
    },
    close: () => {
      pixels = new Uint8Array();
      return Promise.resolve();
    },
  };
}

/** sha256 over what training sees: shape, pixels, classes, labels and splits; not over the names of files. */
function fingerprint(
  shape: readonly number[],
  pixels: Uint8Array,
  classes: readonly string[],
  { positives }: SparseLabels,
  splits: Splits,
): string {
  const hash = createHash('sha256').update(JSON.stringify({ shape, classes }));
  for (const part of [pixels, positives.offsets, positives.classes, ...SPLITS.map((split) => splits[split])]) {
    hash.update(`${part.byteLength};`);
    hash.update(part);
  }
  return hash.digest('hex');
}
