import { createHash } from 'node:crypto';

import type { Dataset, RandomStream } from '@counterweight/core';
import { count, hashLabels, labelNotices, quote, some, splitsOf, type LabelTable } from '@counterweight/label-table';

import type { ImageSource } from './image-source.js';
import type { ImagesOptions } from './options.js';

/**
 * A data set of images and their table.
 * @throws split-empty, groups-torn
 */
export function imagesDataset(source: ImageSource, options: ImagesOptions, random: RandomStream): Dataset {
  const { table, shape, contents, read, close } = source;
  const { splits, notices } = splitsOf(table, { shares: options.splits, random, contents, strict: options.strict });
  return {
    classes: table.classes,
    input: { shape, dtype: 'uint8' },
    labels: table.labels,
    ...(table.exampleWeights && { exampleWeights: table.exampleWeights }),
    splits,
    fingerprint: fingerprint(source, splits),
    notices: [
      ...source.notices,
      ...table.notices,
      ...notices,
      ...labelNotices(table, splits),
      ...copies(table, contents),
    ],
    id: (example) => table.ids[example]!,
    read,
    close,
  };
}

/** sha256 over what training sees: images, shape, classes, labels, weights and splits; not over the names of files. */
function fingerprint({ table, shape, fingerprint }: ImageSource, splits: Dataset['splits']): string {
  const hash = createHash('sha256').update(JSON.stringify({ shape, images: fingerprint }));
  hashLabels(hash, table, splits);
  return hash.digest('hex');
}

/** Equal images under several names. */
function copies({ ids }: LabelTable, contents: Int32Array): string[] {
  const first = new Map<number, number>();
  const repeated: string[] = [];
  let total = 0;
  contents.forEach((content, i) => {
    const earlier = first.get(content);
    if (earlier === undefined) first.set(content, i);
    else if (total++ < 5) repeated.push(`${quote(ids[i]!)} = ${quote(ids[earlier]!)}`);
  });
  return total === 0 ? [] : [`${count(total, 'image')} equal to an earlier one: ${some(repeated, total)}.`];
}
