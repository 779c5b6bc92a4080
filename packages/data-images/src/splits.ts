import { SPLITS, stratify, type RandomStream, type SparseLabels, type Split } from '@counterweight/core';

import { errors } from './errors.js';
import type { LabelTable } from './label-table.js';

export type Splits = Readonly<Record<Split, Int32Array>>;

/**
 * The splits of the table, or, where it has none, splits by seeded iterative stratification.
 * @returns ascending indices of rows
 * @throws split-empty
 */
export function splitsOf(
  table: LabelTable,
  labels: SparseLabels,
  shares: Readonly<Record<Split, number>>,
  random: RandomStream,
): Splits {
  const folds = table.hasSplits
    ? table.rows.map(({ split }) => split)
    : Array.from(
        stratify(
          labels,
          SPLITS.map((split) => shares[split]),
          { random },
        ),
        (fold) => SPLITS[fold],
      );
  const rowsOf = (split: Split): Int32Array =>
    Int32Array.from(folds.flatMap((fold, row) => (fold === split ? [row] : [])));
  const splits = { train: rowsOf('train'), validation: rowsOf('validation'), test: rowsOf('test') };
  if (splits.train.length === 0)
    throw errors['split-empty']({ rows: table.rows.length }, { place: { file: table.file } });
  return splits;
}
