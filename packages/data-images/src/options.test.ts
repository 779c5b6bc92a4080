import { expect, test } from 'vitest';

import { options } from './options.js';

const issues = (given: unknown): string[] =>
  options.safeParse(given).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

const ofTables = {
  separator: '|',
  unlisted: 'negative',
  strict: true,
  splits: { train: 0.7, validation: 0.1, test: 0.2 },
};

test('defaults of a folder are written out', () => {
  expect(options.parse({ images: 'i', labels: 'l.csv', separator: undefined })).toEqual({
    images: 'i',
    labels: 'l.csv',
    size: 64,
    fit: 'contain',
    channels: 'auto',
    ...ofTables,
  });
});

test('a pack has its size and the rest of its own', () => {
  expect(options.parse({ pack: 'p' })).toEqual({ pack: 'p', ...ofTables });
  expect(issues({ pack: 'p', size: 32, labels: 'l.csv' })).toEqual([
    'labels: no labels beside pack, which has its own',
    'size: no size beside pack, which has its own',
  ]);
});

test.each([
  [{}, 'images and labels, or pack'],
  [{ images: 'i' }, 'labels, a table'],
  [{ labels: 'l' }, 'images, the folder'],
  [{ pack: 'p', splits: { train: 0.8 } }, 'sum to 1'],
  [{ pack: 'p', splits: { train: 0, test: 0.9 } }, 'splits.train'],
  [{ images: 'i', labels: 'l', size: 7 }, 'size'],
  [{ images: 'i', labels: 'l', size: NaN }, 'size'],
  [{ images: 'i', labels: 'l', channels: 2 }, 'channels'],
  [{ images: 'i', labels: 'l', fit: 'fill' }, 'fit'],
  [{ images: 'i', labels: 'l', cache: '' }, 'cache'],
  [{ images: 'i', labels: 'l', sise: 32 }, 'sise'],
])('%j is refused: %s', (given, message) => {
  expect(issues(given).join('\n')).toContain(message);
});
