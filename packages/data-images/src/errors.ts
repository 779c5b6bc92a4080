import { defineErrors } from '@counterweight/core';
import { listing, type Listing } from '@counterweight/label-table';

import { gigabytes } from './numbers.js';

interface Memory {
  readonly bytes: number;
  /** Where they could not be written; null: nowhere by option. */
  readonly folder: string | null;
  readonly why: string;
}

/** The errors of images; those of their tables are label-table's. */
export const errors = defineErrors({
  'data-path-missing': {
    exit: 2,
    title: 'The manifest names a file or folder that cannot be read.',
    found: ({ option, path, found }: { option: string; path: string; kind: 'file' | 'folder'; found: string }) =>
      `${option}: ${found} at ${path}`,
    expected: ({ kind }: { kind: string }) => `a ${kind}`,
    remedy: ({ option }: { option: string }) => `correct ${option}: paths start from the folder of the manifest`,
  },
  'images-missing': {
    exit: 3,
    title: 'Rows of the label table name no image of the folder.',
    found: (missing: Listing & { folder: string }) => listing(missing),
    expected: ({ folder }: { folder: string }) => `files below ${folder}, each in one row`,
    remedy: () =>
      'write paths relative to `images`, extension included (upper and lower case differ), or set `strict: false`: ' +
      'these rows are then left out, counted and listed',
  },
  'images-unreadable': {
    exit: 3,
    title: 'Images cannot be decoded.',
    found: listing,
    expected: () => 'whole PNG, JPEG, WebP or GIF files of at most 134 million pixels',
    remedy: () => 'repair the files, take out their rows, or set `strict: false`: they are then left out',
  },
  'images-too-many': {
    exit: 3,
    title: 'The decoded images have no room.',
    found: ({ bytes, folder, why }: Memory) =>
      `${gigabytes(bytes)} at least, and ${folder === null ? '' : `${folder} cannot take them: `}${why}`,
    expected: () => 'a folder that can be written and has room, or at most 0.5 GB, which memory takes',
    remedy: () => 'name such a folder by the option `cache`; or a smaller `size`',
  },
  'images-changed': {
    exit: 3,
    title: 'An image cannot be read any more as it was when the run began.',
    found: ({ image, found }: { image: string; found: string }) => `${image}: ${found}`,
    expected: () => 'files that stay as they are while a run reads them',
    remedy: () => 'run again: what changed is decoded anew',
  },
  'inputs-invalid': {
    exit: 3,
    title: 'Inputs cannot be read as images.',
    found: listing,
    expected: () => 'whole PNG, JPEG, WebP or GIF files, inside the folder (that of the list, where there is one)',
    remedy: () => 'take these out, or set `data.strict` to false: they are then left out, counted and listed',
  },
  'inputs-none': {
    exit: 3,
    title: 'There is no image to predict.',
    found: ({ path }: { path: string }) => `no PNG, JPEG, WebP or GIF file in ${path}`,
    expected: () =>
      'a folder with images, a list of paths, one a line, or a table (.csv, .jsonl) with the column image',
    remedy: () => 'name a folder or list that holds images; paths of a list start from its own folder',
  },
  'pack-invalid': {
    exit: 3,
    title: 'The packed folder breaks the rules of its format.',
    found: ({ found }: { found: string; expected: string }) => found,
    expected: ({ expected }: { expected: string }) => expected,
    remedy: () => 'make or copy the pack again',
  },
});
