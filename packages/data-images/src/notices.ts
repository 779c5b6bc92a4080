import { createHash } from 'node:crypto';

import { labelStatistics, SPLITS, type SparseLabels } from '@counterweight/core';

import { quote, type LabelTable } from './label-table.js';
import type { Pictures } from './pictures.js';
import type { Splits } from './splits.js';

interface Read {
  readonly table: LabelTable;
  readonly pictures: Pictures;
  readonly classes: readonly string[];
  readonly labels: SparseLabels;
  readonly splits: Splits;
}

/** What is allowed, and worth knowing before training, in words. */
export function noticesOf(read: Read): string[] {
  const { table, splits } = read;
  const sizes = SPLITS.map((split) => `${splits[split].length} ${split}`).join(', ');
  return [
    ...(table.hasSplits ? [] : [`The table has no split: stratified by the seed into ${sizes}.`]),
    ...SPLITS.flatMap((split) => (splits[split].length === 0 ? [`No image is in the split ${split}.`] : [])),
    ...columns(table),
    ...otherSeparator(table),
    ...spellings(table),
    ...emptyRows(table),
    ...rareClasses(read),
    ...repeatedImages(read),
  ];
}

const columns = ({ otherColumns }: LabelTable): string[] =>
  otherColumns.length === 0 ? [] : [`Columns that are not read: ${some(otherColumns.map(quote))}.`];

/** Labels that hold what often separates labels, in a table where no image has two. */
function otherSeparator({ rows, names }: LabelTable): string[] {
  if (rows.some(({ labels }) => labels.length > 1)) return [];
  return [',', ';', '|'].flatMap((mark) => {
    const holding = names.filter((name) => name.includes(mark));
    return holding.length < names.length / 4
      ? []
      : [
          `No image has two labels, and ${holding.length} of ${count(names, 'label')} hold ${quote(mark)}: ` +
            `if that stands between labels, set separator: '${mark}'.`,
        ];
  });
}

/** Two labels for a reader's one. */
function spellings({ names }: LabelTable): string[] {
  const first = new Map<string, string>();
  const alike = names.flatMap((name) => {
    const form = name.normalize('NFC').toLowerCase();
    const earlier = first.get(form);
    if (earlier === undefined) first.set(form, name);
    return earlier === undefined ? [] : [`${quote(name)} and ${quote(earlier)}`];
  });
  return alike.length === 0
    ? []
    : [`${count(alike, 'label')} written like another but for case or Unicode form, a class each: ${some(alike)}.`];
}

function emptyRows({ rows }: LabelTable): string[] {
  const empty = rows.filter(({ labels }) => labels.length === 0);
  return empty.length === 0
    ? []
    : [
        `${count(empty, 'image')} without a label (every class is negative): line ${some(empty.map(({ line }) => `${line}`))}.`,
      ];
}

function rareClasses({ classes, labels, splits }: Read): string[] {
  return SPLITS.flatMap((split) => {
    if (splits[split].length === 0) return [];
    const { positives } = labelStatistics(labels, splits[split]);
    const without = classes.filter((_, c) => positives[c] === 0);
    return without.length === 0
      ? []
      : [`${count(without, 'class')} without a positive in ${split}: ${some(without.map(quote))}.`];
  });
}

/** Equal pixels in two splits let a network answer by heart. */
function repeatedImages({ table, pictures, splits }: Read): string[] {
  const { pixels, height, width, channels } = pictures;
  const frame = height * width * channels;
  const splitOf = new Uint8Array(table.rows.length);
  SPLITS.forEach((split, s) => {
    for (const row of splits[split]) splitOf[row] = s;
  });
  const first = new Map<string, number>();
  const repeated: string[] = [];
  let across = 0;
  table.rows.forEach(({ image }, row) => {
    const digest = createHash('sha1')
      .update(pixels.subarray(row * frame, (row + 1) * frame))
      .digest('base64');
    const earlier = first.get(digest);
    if (earlier === undefined) first.set(digest, row);
    else {
      repeated.push(`${quote(image)} = ${quote(table.rows[earlier]!.image)}`);
      if (splitOf[earlier] !== splitOf[row]) across++;
    }
  });
  return repeated.length === 0
    ? []
    : [
        `${count(repeated, 'image')} with the pixels of an earlier one, ${across} of them in another split: ${some(repeated)}.`,
      ];
}

const count = (list: readonly unknown[], noun: string): string =>
  `${list.length} ${noun}${list.length === 1 ? '' : noun.endsWith('s') ? 'es' : 's'}`;

/** The first few of a list, and how many more. */
function some(list: readonly string[]): string {
  const shown = 5;
  return list.slice(0, shown).join(', ') + (list.length > shown ? ` and ${list.length - shown} more` : '');
}
