import { defineErrors } from '@counterweight/core';

import { listing, type Listing } from './problems.js';
import { count, quote, some } from './wording.js';

interface Columns {
  readonly header: readonly string[];
  readonly what: string;
  /** The name of the key column. */
  readonly key: string;
}

/** The errors of label tables and of the splits made from them. */
export const errors = defineErrors({
  'table-unreadable': {
    exit: 2,
    title: 'A table cannot be read.',
    found: ({ found }: { found: string }) => found,
    expected: () => 'a file that may be read',
    remedy: () => 'correct the path in the manifest, or the rights of the file',
  },
  'table-text-invalid': {
    exit: 3,
    title: 'A table is not text in the form that its name tells.',
    found: ({ found }: { found: string; remedy?: string }) => found,
    expected: () => 'UTF-8 text; a CSV cell that holds a comma, a quote or a line break stands in double quotes',
    remedy: ({ remedy }: { remedy?: string }) => remedy ?? 'export it again as “CSV UTF-8 (comma delimited)”',
  },
  'table-columns-invalid': {
    exit: 3,
    title: 'The columns of the label table cannot be used.',
    found: ({ header, what }: Columns) => `${what}; columns: ${some(header.map(quote)) || 'none'}`,
    expected: ({ key }: Columns) =>
      `${key} and labels, or ${key} and a column per class with 0 and 1; where wanted split, group, weight; each once, in any order`,
    remedy: ({ header, key }: Columns) =>
      header.length === 1 && /[;\t]/.test(header[0] ?? '')
        ? 'separate the columns by commas'
        : `name the columns in the first line: ${key},labels`,
  },
  'table-rows-invalid': {
    exit: 3,
    title: 'Rows of the label table cannot be used.',
    found: (rows: Listing & { /** Whether `strict: false` would help. */ readonly tolerance: boolean }) =>
      listing(rows),
    expected: () =>
      'every example once; labels of the class list, each in one state; split train, val or test; weights of at least 0',
    remedy: ({ tolerance }: { readonly tolerance: boolean }) =>
      tolerance
        ? 'correct or delete these lines, or set `strict: false`: they are then left out, counted and listed'
        : 'correct these lines: none can be left out where rows are joined by their order, or where all are faulty',
  },
  'table-empty': {
    exit: 3,
    title: 'The label table holds nothing to learn.',
    found: ({ rows }: { rows: number; key: string }) =>
      rows === 0 ? 'no rows' : `${count(rows, 'row')} without any label`,
    expected: () => 'a row per example, labels in at least one',
    remedy: ({ key }: { key: string }) => `fill the table: photo1.png,cat|dog below ${key},labels`,
  },
  'class-list-invalid': {
    exit: 3,
    title: 'The list of classes cannot be used.',
    found: (list: Listing) => (list.problems.length === 0 ? 'no class' : listing(list)),
    expected: () => 'a class per line, or a CSV file with the column class; every class once',
    remedy: () => 'correct the list, or leave `classes` out: the classes are then the distinct labels',
  },
  'split-empty': {
    exit: 3,
    title: 'There is nothing to train on.',
    found: ({ rows }: { rows: number }) => `${count(rows, 'row')}, none of them in the split train`,
    expected: () => 'at least one example whose split is train',
    remedy: () => 'write train into the column split, or leave the column out: examples are then dealt by shares',
  },
  'groups-torn': {
    exit: 3,
    title: 'Groups of the label table stand in more than one split.',
    found: (torn: { torn: number; examples: readonly string[] }) =>
      `${count(torn.torn, 'group')}: ${some(torn.examples, torn.torn)}`,
    expected: () => 'all examples of a group in one split: near-copies on both sides raise every score',
    remedy: () =>
      'correct the columns split and group, leave split out (examples are then dealt by group), or set `strict: false`',
  },
});
