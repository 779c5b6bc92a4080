import { labelStatistics, SPLITS, type Dataset } from '@counterweight/core';

import { lookOf } from './class-numbers.js';
import type { LabelTable } from './label-table.js';
import { count, quote, some } from './wording.js';

/** What of the labels is allowed, and worth knowing before training, in words. */
export const labelNotices = (table: LabelTable, splits: Dataset['splits']): string[] => [
  ...spellings(table),
  ...emptyRows(table),
  ...classesWithout(table, splits),
  ...classesWithoutNegatives(table, splits.train),
];

/** Two classes for a reader's one. */
function spellings({ classes }: LabelTable): string[] {
  const first = new Map<string, string>();
  const alike = classes.flatMap((name) => {
    const look = lookOf(name);
    const earlier = first.get(look);
    if (earlier === undefined) first.set(look, name);
    return earlier === undefined ? [] : [`${quote(name)} and ${quote(earlier)}`];
  });
  return alike.length === 0
    ? []
    : [
        `${count(alike.length, 'label')} written like another but for case or Unicode form, a class each: ${some(alike)}.`,
      ];
}

function emptyRows({ labels, lines }: LabelTable): string[] {
  const { offsets } = labels.positives;
  const empty = Array.from(lines.keys()).filter((row) => offsets[row] === offsets[row + 1]);
  const meaning =
    labels.unlisted === 'negative' ? 'every class is negative, unless it is unknown' : 'no class is positive';
  return empty.length === 0
    ? []
    : [
        `${count(empty.length, 'row')} without a label (${meaning}): line ${some(empty.map((row) => `${lines[row]!}`))}.`,
      ];
}

const classesWithout = ({ classes, labels }: LabelTable, splits: Dataset['splits']): string[] =>
  SPLITS.flatMap((split) => {
    if (splits[split].length === 0) return [];
    const { positives } = labelStatistics(labels, splits[split]);
    const without = classes.filter((_, c) => positives[c] === 0);
    return without.length === 0
      ? []
      : [`${count(without.length, 'class')} without a positive in ${split}: ${some(without.map(quote))}.`];
  });

/** Of which nothing is learned but that they are always there. Tables that list only positives are the usual cause. */
function classesWithoutNegatives({ classes, labels }: LabelTable, train: Int32Array): string[] {
  const { positives, known } = labelStatistics(labels, train);
  const without = classes.filter((_, c) => positives[c]! > 0 && positives[c] === known[c]);
  return without.length === 0
    ? []
    : [`${count(without.length, 'class')} without a known negative in train: ${some(without.map(quote))}.`];
}
