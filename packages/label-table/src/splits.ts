import { SPLITS, stratify, type Dataset, type RandomStream, type Split } from '@counterweight/core';

import { errors } from './errors.js';
import type { LabelTable } from './label-table.js';
import { count, quote, some } from './wording.js';

type Splits = Dataset['splits'];

export interface SplitOptions {
  /** Where the table has no splits; sum 1. */
  readonly shares: Readonly<Record<Split, number>>;
  readonly random: RandomStream;
  /** [examples] equal where the examples are equal copies. */
  readonly contents?: Int32Array;
  /** Whether a group that the table's splits tear apart is an error or a notice. */
  readonly strict: boolean;
}

/**
 * The splits of the table, or, where it has none, splits by seeded iterative stratification in which groups, and equal copies,
 * stay together.
 * @returns ascending indices of examples, and what was noticed, in words
 * @throws split-empty, groups-torn, split-shares-invalid
 */
export function splitsOf(table: LabelTable, options: SplitOptions): { splits: Splits; notices: string[] } {
  const { file, labels, groups } = table;
  const { contents, strict } = options;
  const splitOf = table.splits ?? deal(table, options);
  const rowsOf = (number: number): Int32Array =>
    Int32Array.from(splitOf.keys()).filter((row) => splitOf[row] === number);
  const splits = { train: rowsOf(0), validation: rowsOf(1), test: rowsOf(2) };
  if (splits.train.length === 0) throw errors['split-empty']({ rows: labels.rows }, { place: { file } });

  const torn = groups ? tornApart(table, splitOf, groups) : none;
  const copies = contents ? tornApart(table, splitOf, contents) : none;
  if (torn.torn > 0 && (strict || !table.splits)) throw errors['groups-torn'](torn, { place: { file } });
  // What we deal keeps copies together; what the table says of them is its own matter, and is told.
  if (copies.torn > 0 && !table.splits) throw errors['groups-torn'](copies, { place: { file } });
  const sizes = SPLITS.map((split) => `${splits[split].length} ${split}`).join(', ');
  return {
    splits,
    notices: [
      ...(table.splits ? [] : [`The table has no split: stratified by the seed into ${sizes}.`]),
      ...SPLITS.flatMap((split) => (splits[split].length === 0 ? [`No example is in the split ${split}.`] : [])),
      ...(torn.torn === 0
        ? []
        : [`${count(torn.torn, 'group')} in more than one split: ${some(torn.examples, torn.torn)}.`]),
      ...(copies.torn === 0
        ? []
        : [
            `${count(copies.torn, 'example')} with equal copies in more than one split: ${some(copies.examples, copies.torn)}.`,
          ]),
    ],
  };
}

function deal({ labels, groups }: LabelTable, { shares, random, contents }: SplitOptions): Uint8Array {
  const units = together(
    labels.rows,
    [groups, contents].filter((numbers) => numbers !== undefined),
  );
  const folds = SPLITS.map((split) => shares[split]);
  return stratify(labels, folds, { random, ...(units && { groups: units }) });
}

interface Torn {
  readonly torn: number;
  /** The first of them, in words. */
  readonly examples: readonly string[];
}
const none: Torn = { torn: 0, examples: [] };

/** Groups in more than one split. */
function tornApart({ ids, lines }: LabelTable, splitOf: Uint8Array, groups: Int32Array): Torn {
  const first = new Map<number, number>();
  const torn = new Map<number, string>();
  const named = (row: number): string =>
    `${ids[row] === '' ? `line ${lines[row]!}` : quote(ids[row]!)} (${SPLITS[splitOf[row]!]!})`;
  groups.forEach((group, row) => {
    const earlier = first.get(group);
    if (earlier === undefined) first.set(group, row);
    else if (splitOf[earlier] !== splitOf[row] && !torn.has(group))
      torn.set(group, `${named(earlier)} and ${named(row)}`);
  });
  return { torn: torn.size, examples: [...torn.values()].slice(0, 5) };
}

/** [rows] one number for rows that share any number in any of the lists; undefined without a list. */
function together(rows: number, lists: readonly Int32Array[]): Int32Array | undefined {
  if (lists.length < 2) return lists[0];
  const parent = Int32Array.from({ length: rows }, (_, row) => row);
  const root = (row: number): number => {
    while (parent[row] !== row) row = parent[row] = parent[parent[row]!]!;
    return row;
  };
  for (const list of lists) {
    const first = new Map<number, number>();
    list.forEach((number, row) => {
      const earlier = first.get(number);
      if (earlier === undefined) first.set(number, row);
      else parent[root(row)] = root(earlier);
    });
  }
  return parent.map((_, row) => root(row));
}
