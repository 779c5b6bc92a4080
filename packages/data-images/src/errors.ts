import { defineErrors } from '@counterweight/core';

/** Something wrong with one line of a table. */
export interface Problem {
  readonly line: number;
  readonly what: string;
}

interface Listing {
  readonly file: string;
  readonly problems: readonly Problem[];
}

const shown = 10;
/** All of a kind in one message: the first ten by line, and how many more there are. */
const listing = ({ file, problems }: Listing): string =>
  [
    problems.length === 1 ? '1 problem' : `${problems.length} problems`,
    ...problems.slice(0, shown).map(({ line, what }) => `    ${file}:${line}: ${what}`),
    ...(problems.length > shown ? [`    and ${problems.length - shown} more`] : []),
  ].join('\n');

/** The errors of images and label tables. */
export const errors = defineErrors({
  'data-path-missing': {
    exit: 2,
    title: 'The manifest names a file or folder that cannot be read.',
    found: ({ option, path, found }: { option: string; path: string; kind: 'file' | 'folder'; found: string }) =>
      `${option}: ${found} at ${path}`,
    expected: ({ kind }: { kind: string }) => `a ${kind}`,
    remedy: ({ option }: { option: string }) => `correct ${option}: paths start from the folder of the manifest`,
  },
  'table-text-invalid': {
    exit: 3,
    title: 'The label table is not a CSV file in UTF-8.',
    found: ({ found }: { found: string }) => found,
    expected: () => 'UTF-8 text; a cell that holds a comma, a quote or a line break stands in double quotes',
    remedy: () => 'export the table again as “CSV UTF-8 (comma delimited)”',
  },
  'table-columns-invalid': {
    exit: 3,
    title: 'The label table lacks a column, or has one twice.',
    found: ({ header }: { header: readonly string[] }) => `columns: ${header.join(', ') || 'none'}`,
    expected: () => 'image, labels and, where the splits are fixed, split, in any order',
    remedy: ({ header }: { header: readonly string[] }) =>
      header.length === 1 && /[;\t]/.test(header[0] ?? '')
        ? 'separate the columns by commas'
        : 'name the columns in the first line: image,labels',
  },
  'table-rows-invalid': {
    exit: 3,
    title: 'Rows of the label table cannot be used.',
    found: listing,
    expected: () => 'every image once, inside the folder of images; split train, val or test',
    remedy: () => 'correct or delete these lines',
  },
  'table-empty': {
    exit: 3,
    title: 'The label table holds nothing to learn.',
    found: ({ rows }: { rows: number }) => (rows === 0 ? 'no rows below the header' : `${rows} rows without any label`),
    expected: () => 'a row per image, labels in at least one',
    remedy: () => 'fill the table: photo1.png,cat|dog below image,labels',
  },
  'images-missing': {
    exit: 3,
    title: 'The label table names images that are not there.',
    found: (missing: Listing & { folder: string }) => listing(missing),
    expected: ({ folder }: { folder: string }) => `files below ${folder}`,
    remedy: () => 'write paths relative to `images`, extension included; upper and lower case differ',
  },
  'images-unreadable': {
    exit: 3,
    title: 'Images cannot be decoded.',
    found: listing,
    expected: () => 'whole PNG, JPEG or WebP files',
    remedy: () => 'repair the files or take their rows out of the table',
  },
  'images-too-many': {
    exit: 3,
    title: 'The images do not fit in memory.',
    found: ({ images, bytes, memory }: { images: number; bytes: number; memory: number }) =>
      `${images} images decode to ${gigabytes(bytes)} of ${gigabytes(memory)} memory`,
    expected: () => 'at most half of the memory',
    remedy: () => 'a smaller `size`, `channels: 1` or fewer images',
  },
  'pack-invalid': {
    exit: 3,
    title: 'The packed folder breaks the rules of its format.',
    found: ({ found }: { found: string; expected: string }) => found,
    expected: ({ expected }: { expected: string }) => expected,
    remedy: () => 'make or copy the pack again',
  },
  'split-empty': {
    exit: 3,
    title: 'There is nothing to train on.',
    found: ({ rows }: { rows: number }) => `${rows} images, none of them in the split train`,
    expected: () => 'at least one image whose split is train',
    remedy: () => 'write train into the column split, or leave the column out: images are then dealt by shares',
  },
});

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
