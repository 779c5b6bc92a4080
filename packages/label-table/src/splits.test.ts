import { labelsFromRows, randomStream, sparseLabels, SPLITS, type SparseLabels, type Split } from '@counterweight/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import type { LabelTable } from './label-table.js';
import { labelNotices } from './notices.js';
import { splitsOf } from './splits.js';

const shares: Record<Split, number> = { train: 0.6, validation: 0.2, test: 0.2 };

const table = (rows: readonly (readonly number[])[], more: Partial<LabelTable> = {}, columns = 4): LabelTable => ({
  file: 'labels.csv',
  ids: rows.map((_, row) => `${row}.png`),
  lines: Int32Array.from(rows, (_, row) => row + 2),
  classes: Array.from({ length: columns }, (_, column) => `class ${column}`),
  labels: labelsFromRows(rows, columns),
  notices: [],
  ...more,
});

const numbered = fc.array(
  fc.record({
    labels: fc.uniqueArray(fc.nat(3), { maxLength: 3 }),
    group: fc.nat(20),
    content: fc.nat(20),
  }),
  { minLength: 1, maxLength: 50 },
);

test('dealt splits are a partition in which groups and equal copies stay together; the seed decides', () => {
  fc.assert(
    fc.property(numbered, fc.nat(1000), (rows, seed) => {
      const groups = Int32Array.from(rows, ({ group }) => group);
      const contents = Int32Array.from(rows, ({ content }) => content);
      const read = table(
        rows.map(({ labels }) => labels),
        { groups },
      );
      const deal = () =>
        splitsOf(read, {
          shares: { train: 1, validation: 0, test: 0 },
          random: randomStream(seed),
          contents,
          strict: true,
        });
      expect(deal().splits.train).toEqual(Int32Array.from(rows.keys()));

      const split = (): Int32Array[] | undefined => {
        try {
          const { splits } = splitsOf(read, { shares, random: randomStream(seed), contents, strict: true });
          return SPLITS.map((name) => splits[name]);
        } catch (error) {
          // One unit of many rows can leave train with nothing: its own error, not a torn group.
          expect(String(error)).toContain('split-empty');
          return undefined;
        }
      };
      const parts = split();
      if (!parts) return;
      expect(parts.flatMap((part) => [...part]).sort((a, b) => a - b)).toEqual([...rows.keys()]);
      for (const numbers of [groups, contents])
        for (const number of numbers)
          expect(parts.filter((part) => part.some((row) => numbers[row] === number))).toHaveLength(1);
      expect(split()).toEqual(parts);
    }),
  );
});

const copies = { groups: Int32Array.of(0, 0, 1, 2), splits: Uint8Array.of(0, 2, 0, 0) };
const four = [[0], [1], [2], [3]];

test('a group that the given splits tear apart is refused, or noticed, with examples', () => {
  const options = { shares, random: randomStream(0) };
  const where = '1 group: "0.png" (train) and "1.png" (test)';
  expect(() => splitsOf(table(four, copies), { ...options, strict: true })).toThrow(where);
  const { splits, notices } = splitsOf(table(four, { ...copies, ids: ['', '', '', ''] }), {
    ...options,
    strict: false,
  });
  expect(splits).toEqual({ train: Int32Array.of(0, 2, 3), validation: new Int32Array(0), test: Int32Array.of(1) });
  expect(notices).toEqual([
    'No example is in the split validation.',
    '1 group in more than one split: line 2 (train) and line 3 (test).',
  ]);
});

test('equal copies in two of the given splits are noticed', () => {
  const { splits } = copies;
  const contents = Int32Array.of(7, 7, 7, 1);
  const { notices } = splitsOf(table(four, { splits }), { shares, random: randomStream(0), contents, strict: true });
  expect(notices.at(-1)).toBe(
    '1 example with equal copies in more than one split: "0.png" (train) and "1.png" (test).',
  );
});

test('nothing to train on is refused', () => {
  const splits = Uint8Array.of(1, 1, 2, 2);
  const options = { shares, random: randomStream(0), strict: false };
  expect(() => splitsOf(table(four, { splits }), options)).toThrow('split-empty');
});

test('look-alikes, rows without labels and classes without positives in a split are told', () => {
  const classes = ['Cafe\u0301', 'café', 'dog', 'none'];
  const read = table([[0], [], [1, 2], [0]], { classes });
  const splits = { train: Int32Array.of(0, 1, 2), validation: new Int32Array(0), test: Int32Array.of(3) };
  expect(labelNotices(read, splits)).toEqual([
    '1 label written like another but for case or Unicode form, a class each: "caf\u00e9" and "Cafe\u0301".',
    '1 row without a label (every class is negative, unless it is unknown): line 3.',
    '1 class without a positive in train: "none".',
    '3 classes without a positive in test: "café", "dog", "none".',
  ]);
});

test('classes of which train knows no negative are told: tables of positives only', () => {
  const read = table([[0], [1], [0, 1], [0]], {}, 2);
  const splits = { train: Int32Array.of(0, 1, 2), validation: new Int32Array(0), test: Int32Array.of(3) };
  const told = (labels: SparseLabels): string => labelNotices({ ...read, labels }, splits).join();
  expect(told(read.labels)).not.toContain('negative');
  const name = JSON.stringify(read.classes[1]);
  const unlisted = sparseLabels({
    ...read.labels,
    unlisted: 'unknown',
    exceptions: { offsets: Uint32Array.of(0, 0, 1, 1, 1), classes: Uint16Array.of(0) },
  });
  expect(told(unlisted)).toContain(`1 class without a known negative in train: ${name}.`);
});
