import fc from 'fast-check';
import { expect, test } from 'vitest';

import { csr, labelsFromRows, labelStatistics, rowOf, selectRows, sparseLabels } from './labels.js';

const rows = fc.array(fc.uniqueArray(fc.integer({ min: 0, max: 9 })), { minLength: 1, maxLength: 20 });

test('rows come back sorted, each class once; selected rows are those rows', () => {
  fc.assert(
    fc.property(rows, fc.infiniteStream(fc.nat()), (given, picks) => {
      const labels = labelsFromRows(given, 10);
      const pick = Int32Array.from({ length: 7 }, () => (picks.next().value as number) % given.length);
      const selected = selectRows(labels, pick);
      pick.forEach((row, i) =>
        expect([...rowOf(selected.positives, i)]).toEqual([...given[row]!].sort((a, b) => a - b)),
      );
    }),
  );
});

test('statistics count what a dense matrix would, unknown entries left out', () => {
  const positives = csr([[0, 2], [2], []], 3);
  const labels = sparseLabels({ rows: 3, columns: 3, positives, exceptions: csr([[1], [], [0, 1]], 3) });
  const { positives: n, known, prior, labelsPerExample } = labelStatistics(labels, Int32Array.of(0, 1, 2));
  expect([...n]).toEqual([1, 0, 2]);
  expect([...known]).toEqual([2, 1, 3]);
  expect([...prior]).toEqual([1 / 2, 1 / 2, 2 / 3]);
  expect(labelsPerExample).toBe(1);
  const unknown = sparseLabels({
    rows: 3,
    columns: 3,
    positives,
    unlisted: 'unknown',
    exceptions: csr([[1], [], [0]], 3),
  });
  expect([...labelStatistics(unknown, Int32Array.of(0, 1, 2)).known]).toEqual([2, 1, 2]);
});

test('a soft target counts as that much of a positive and as one known entry', () => {
  const positives = { ...csr([[0], [0], []], 1), values: Float32Array.of(0.25, 1) };
  for (const [unlisted, known] of [
    ['negative', 3],
    ['unknown', 2],
  ] as const) {
    const labels = sparseLabels({ rows: 3, columns: 1, positives, unlisted });
    const statistics = labelStatistics(labels, Int32Array.of(0, 1, 2));
    expect([statistics.positives[0], statistics.known[0], statistics.prior[0]]).toEqual([1.25, known, 1.25 / known]);
    expect(statistics.labelsPerExample).toBeCloseTo(1.25 / 3, 12);
  }
});

test('an empty class gets half an example, a full one loses half', () => {
  const labels = labelsFromRows([[0], [0]], 2);
  expect([...labelStatistics(labels, Int32Array.of(0, 1)).prior]).toEqual([0.75, 0.25]);
});

test.each([
  ['a class twice', { offsets: Uint32Array.of(0, 2), classes: Uint16Array.of(1, 1) }, 'class 1 after 1'],
  ['a class out of order', { offsets: Uint32Array.of(0, 2), classes: Uint16Array.of(2, 1) }, 'class 1 after 2'],
  ['a class that does not exist', { offsets: Uint32Array.of(0, 1), classes: Uint16Array.of(3) }, 'class 3'],
  ['offsets for other rows', { offsets: Uint32Array.of(0, 1, 1), classes: Uint16Array.of(1) }, '3 offsets'],
  [
    'a target above 1',
    { offsets: Uint32Array.of(0, 1), classes: Uint16Array.of(1), values: Float32Array.of(1.5) },
    '1.5',
  ],
])('%s is refused, named', (_, positives, message) => {
  expect(() => sparseLabels({ rows: 1, columns: 3, positives })).toThrow(message);
});

test('an entry that is both positive and unknown is refused', () => {
  const both = csr([[1]], 3);
  expect(() => sparseLabels({ rows: 1, columns: 3, positives: both, exceptions: both })).toThrow('both positive and');
});
