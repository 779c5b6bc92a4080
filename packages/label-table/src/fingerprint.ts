import type { Hash } from 'node:crypto';

import { SPLITS, type Csr, type Dataset } from '@counterweight/core';

import type { LabelTable } from './label-table.js';

/** Adds to a hash what training sees of a table: classes, labels, weights and splits; not the names of examples. */
export function hashLabels(hash: Hash, table: LabelTable, splits: Dataset['splits']): void {
  const { classes, labels, exampleWeights } = table;
  const { unlisted, positives, exceptions } = labels;
  hash.update(JSON.stringify({ classes, unlisted }));
  addCsr(hash, positives);
  addCsr(hash, exceptions);
  add(hash, exampleWeights);
  for (const split of SPLITS) add(hash, splits[split]);
}

function addCsr(hash: Hash, csr: Csr | undefined): void {
  add(hash, csr?.offsets);
  add(hash, csr?.classes);
  add(hash, csr?.values);
}

/** With its length before it: what follows cannot be taken for a part of it. */
function add(hash: Hash, part: NodeJS.TypedArray | undefined): void {
  hash.update(`${part?.byteLength ?? 'none'};`);
  if (part) hash.update(part);
}
