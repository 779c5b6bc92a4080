import { defineErrors } from '@counterweight/core';
import { count, listing, quote, some, type Listing } from '@counterweight/label-table';

/** A place in a matrix; both count from 0, as numpy does. */
export interface Entry {
  readonly row: number;
  readonly column: number;
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
const asNpy = "np.save('features.npy', features.astype(np.float32)), features of the shape (examples, features)";

/** The errors of files of features. */
export const errors = defineErrors({
  'features-unreadable': {
    exit: 2,
    title: 'The file of features cannot be read.',
    found: ({ found }: { found: string }) => found,
    expected: () => 'a file that can be read',
    remedy: () => 'correct the path: in a manifest it starts from the folder of the manifest',
  },
  'features-format-unknown': {
    exit: 3,
    title: 'The file is of no format that features are read from.',
    found: ({ found }: { found: string }) => found,
    expected: () => 'npy, npz, Parquet (told by their first bytes) or a file whose name ends in .csv',
    remedy: () => asNpy,
  },
  'features-file-changed': {
    exit: 3,
    title: 'The file of features became shorter while it was read.',
    found: ({ position }: { position: number }) => `the end of the file at byte ${position}`,
    expected: () => 'as many bytes as at the start',
    remedy: () => 'leave the file alone during a run: write a new one under another name',
  },
  'features-shape-invalid': {
    exit: 3,
    title: 'The array is not a matrix of examples by features.',
    found: ({ shape }: { shape: readonly number[] }) =>
      `the shape (${shape.join(', ')}${shape.length === 1 ? ',' : ''})`,
    expected: () => 'two dimensions, (examples, features), neither of them 0',
    remedy: ({ shape }: { shape: readonly number[] }) =>
      shape.length > 2
        ? 'features.reshape(len(features), -1), or the mean over the inner dimensions'
        : shape.length === 1
          ? 'features.reshape(-1, 1) for one feature per example, np.stack(features) for a list of vectors'
          : asNpy,
  },
  'features-too-large': {
    exit: 3,
    title: 'A small file unpacks to a very large matrix.',
    found: ({ packed, unpacked }: { packed: number; unpacked: number }) =>
      `${gigabytes(unpacked)} or more in a file of ${gigabytes(packed)}`,
    expected: () => 'at most 100 times the size of the file, or 1 GB',
    remedy: () => `if the file is not damaged, save it unpacked: ${asNpy}`,
  },
  'features-temporary-file': {
    exit: 3,
    title: 'Features that do not fit in memory could not be put into a temporary file.',
    found: ({ folder, reason }: { folder: string; reason: string }) => `${folder}: ${reason}`,
    expected: () => 'room for the matrix as float32',
    remedy: () => `set TMPDIR to a folder with room, or save float32 once, which is read where it is: ${asNpy}`,
  },
  'features-not-finite': {
    exit: 3,
    title: 'Features are not finite numbers.',
    found: ({ entries, total }: { entries: readonly (Entry & { value: number })[]; total: number }) =>
      `${count(total, 'number')} (rows and columns from 0): ${some(
        entries.map(({ row, column, value }) => `row ${row}, column ${column}: ${value}`),
        total,
      )}`,
    expected: () => 'numbers within ±3.4e38 (float32), none missing',
    remedy: () => 'find out why the backbone gave them, or set `strict: false`: these rows are then left out',
  },
  'features-columns-invalid': {
    exit: 3,
    title: 'The columns of the file are not features.',
    found: ({ found }: { found: string }) => found,
    expected: () => 'columns of numbers, or (Parquet) one column of lists; maybe one column `id` or `image`',
    remedy: () => 'take other columns out of the file; name the column of names `id`',
  },
  'features-cells-invalid': {
    exit: 3,
    title: 'Lines of the CSV file cannot be read as features.',
    found: (list: Listing) => listing(list),
    expected: () => 'a number in every cell, separated by commas, as many as in the first line',
    remedy: () => 'correct these lines, or write the file again: np.savetxt("features.csv", features, delimiter=",")',
  },
  'npy-invalid': {
    exit: 3,
    title: 'The npy file is damaged or cut short.',
    found: ({ found }: { found: string; expected: string }) => found,
    expected: ({ expected }: { expected: string }) => expected,
    remedy: () => `copy or write it again: ${asNpy}`,
  },
  'npy-dtype-unsupported': {
    exit: 3,
    title: 'The npy array does not hold plain numbers.',
    found: ({ dtype }: { dtype: string }) => `dtype ${dtype}`,
    expected: () => 'float16, float32, float64, integers of 8 to 64 bits or bool, of either byte order',
    remedy: ({ dtype }: { dtype: string }) =>
      dtype.includes('O') ? 'vectors of equal length: np.stack(features).astype(np.float32)' : asNpy,
  },
  'npz-invalid': {
    exit: 3,
    title: 'The npz file is damaged, cut short, or another kind of zip.',
    found: ({ found }: { found: string; expected: string }) => found,
    expected: ({ expected }: { expected: string }) => expected,
    remedy: () => `write it again (a tensor of PyTorch: features.numpy()): ${asNpy}`,
  },
  'npz-array-unknown': {
    exit: 2,
    title: 'Which array of the npz file holds the features is not clear.',
    found: ({ array, names }: { array: string | undefined; names: readonly string[] }) =>
      array === undefined
        ? `${count(names.length, 'array')}: ${some(names)}`
        : `array: ${array}; the file has ${some(names)}`,
    expected: () => 'the option `array` with the name of one of them',
    remedy: ({ names }: { names: readonly string[] }) => `array: ${names[0] ?? 'features'}`,
  },
  'parquet-invalid': {
    exit: 3,
    title: 'The Parquet file cannot be decoded.',
    found: ({ found }: { found: string }) => found,
    expected: () => 'a whole Parquet file with row groups of at most 67 million values in a column',
    remedy: () => "write it again: table.to_parquet('features.parquet', row_group_size=10000)",
  },
  'features-rows-differ': {
    exit: 3,
    title: 'Labels and features are joined by their order, but there are not as many of both.',
    found: ({ features, labels }: { features: number; labels: number }) =>
      `${features} rows of features, ${labels} rows of labels`,
    expected: () => 'a row of labels for each row of features, in the same order',
    remedy: () => 'write both from one loop, or give both a column `id` (features: CSV or Parquet)',
  },
  'features-ids-repeated': {
    exit: 3,
    title: 'Ids of the file of features occur more than once.',
    found: ({ ids }: { ids: readonly string[] }) => some(ids.map(quote)),
    expected: () => 'every id once',
    remedy: () => 'keep one row of each',
  },
  'features-rows-missing': {
    exit: 3,
    title: 'The label table names examples that the file of features lacks.',
    found: listing,
    expected: () => 'a row of features for every row of the table, found by its id',
    remedy: () => 'compute the missing features, or set `strict: false`: these rows are then left out',
  },
  'features-width-differs': {
    exit: 3,
    title: 'These features are not those that the model was trained on.',
    found: ({ columns }: { columns: number; expected: readonly number[] }) => `${columns} features per example`,
    expected: ({ expected }: { expected: readonly number[] }) => `the shape [${expected.join(', ')}]`,
    remedy: () => 'compute them with the backbone and the layer that the training data came from',
  },
});
