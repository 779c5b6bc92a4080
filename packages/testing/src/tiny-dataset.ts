import { randomStream, labelsFromRows, type Dataset } from '@counterweight/core';

import { COLUMNS } from './batches.js';

const EXAMPLES = 22;
const SHAPE = [4, 4, 3];
const SIZE = 48;

/** Small images in memory; class c is there where pixel c is bright. Each call makes one of its own. */
export function tinyDataset(): Dataset {
  const random = randomStream(17);
  const images = Uint8Array.from({ length: EXAMPLES * SIZE }, () => random.integer(256));
  const all = Array.from({ length: EXAMPLES }, (_, example) => example);
  const classes = Array.from({ length: COLUMNS }, (_, c) => c);
  const rows = all.map((example) => classes.filter((c) => images[example * SIZE + c]! > 255 * (1 - 0.5 / (c + 1))));
  return {
    classes: classes.map((c) => `class ${c}`),
    input: { shape: SHAPE, dtype: 'uint8' },
    labels: labelsFromRows(rows, COLUMNS),
    splits: {
      train: Int32Array.from(all.slice(0, 14)),
      validation: Int32Array.from(all.slice(14, 18)),
      test: Int32Array.from(all.slice(18)),
    },
    fingerprint: 'tiny',
    id: (example) => `example ${example}`,
    read: (examples, into) => {
      examples.forEach((example, i) => into.set(images.subarray(example * SIZE, (example + 1) * SIZE), i * SIZE));
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}
