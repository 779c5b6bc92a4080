/** 10,000 tables that nobody would write: each is read, or refused by a code of the catalogue. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { CounterweightError, randomStream, sparseLabels } from '@counterweight/core';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';

import { errors } from './errors.js';
import { readLabelTable, type LabelTable } from './label-table.js';
import { labelNotices } from './notices.js';
import type { TableOptions } from './row.js';
import { splitsOf } from './splits.js';

const folder = mkdtempSync(join(tmpdir(), 'hostile-'));
afterAll(() => rmSync(folder, { recursive: true }));

const marks = fc.constantFrom(...Array.from('a",;|\t\n\r \0\b\\{[é😀\u0301\uFEFF\uFFFD'), '\ud800', '\udc00');
const name = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'A', ' a ', 'c,d', 'x"y', 'é', 'e\u0301') },
  fc.constantFrom(
    '__proto__',
    'constructor',
    'hasOwnProperty',
    'toString',
    'length',
    '0',
    '-1',
    '',
    ' ',
    '\0',
    '\u2028',
  ),
  fc.string({ unit: marks, maxLength: 6 }),
);
const number = fc.constantFrom(
  '0',
  '1',
  '0.5',
  '-1',
  '?',
  '',
  '2',
  '-0.5',
  '1e-300',
  '1e300',
  'NaN',
  'inf',
  '0x1',
  'true',
);
const split = fc.constantFrom('train', 'TRAIN', 'val', 'validation', ' test ', 'trian', '', 'holdout');
const huge = fc.constantFrom('x'.repeat(70_000), Array(9000).fill('a').join('|'), '"'.repeat(999), '['.repeat(9999));
const cell = fc.oneof(
  { weight: 24, arbitrary: fc.array(name, { maxLength: 4 }).map((names) => names.join('|')) },
  { weight: 12, arbitrary: number },
  { weight: 8, arbitrary: split },
  huge,
);
const column = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('image', 'labels', 'split', 'group', 'weight', 'unknown', 'negative', 'id') },
  name,
);
/** Most cells written by the rules, some not. */
const written = (text: string, badly: boolean): string =>
  badly || !/[",\r\n]/.test(text) ? text : `"${text.replaceAll('"', '""')}"`;
const record = (cells: readonly string[], bad: number): string =>
  cells.map((text, i) => written(text, i === bad)).join(',');
const lineEnd = fc.constantFrom('\n', '\r\n', '\r', '\n\n');

const csv = fc
  .tuple(
    fc.array(column, { maxLength: 6 }),
    fc.array(fc.array(cell, { maxLength: 7 }), { maxLength: 6 }),
    fc.nat(40),
    lineEnd,
  )
  .map(([header, rows, bad, end]) => [header, ...rows].map((cells) => record(cells, bad)).join(end));
/** As many cells as columns, so that more than the count is tested. */
const square = fc.uniqueArray(column, { minLength: 1, maxLength: 6 }).chain((header) =>
  fc.array(fc.tuple(...header.map(() => cell)), { minLength: 1, maxLength: 6 }).map((rows) => {
    const columns = ['image', 'labels', ...header.filter((title) => title !== 'image' && title !== 'labels')];
    return [columns, ...rows.map((cells, i) => [`${i}.png`, 'a|b', ...cells].slice(0, columns.length))]
      .map((cells) => record(cells, -1))
      .join('\n');
  }),
);
const oneHot = fc
  .uniqueArray(name, { minLength: 1, maxLength: 5 })
  .chain((classes) =>
    fc
      .array(fc.tuple(...classes.map(() => fc.oneof({ weight: 9, arbitrary: number }, cell))), { maxLength: 6 })
      .map((rows) =>
        [['image', ...classes], ...rows.map((cells, i) => [`${i}`, ...cells])]
          .map((cells) => record(cells, -1))
          .join('\n'),
      ),
  );
const member = fc.oneof(
  fc.array(name, { maxLength: 4 }),
  fc.dictionary(name, fc.oneof(fc.double(), fc.constantFrom(1, 0.5, 0, -1, 1e-60)), { maxKeys: 4 }),
  split,
  number,
  fc.jsonValue({ maxDepth: 3 }),
);
const object = fc.dictionary(column, member, { maxKeys: 7 });
const likely = fc.record(
  {
    image: fc.oneof({ weight: 9, arbitrary: fc.nat(9999).map(String) }, name),
    labels: fc.oneof(
      fc.array(name, { maxLength: 4 }),
      fc.dictionary(name, fc.double({ min: 0, max: 1 }), { maxKeys: 3 }),
    ),
    unknown: fc.array(name, { maxLength: 2 }),
    negative: fc.array(name, { maxLength: 2 }),
    split,
    group: name,
    weight: fc.oneof(fc.double(), number),
  },
  { requiredKeys: ['image', 'labels'] },
);
const jsonLines = fc
  .array(
    fc.oneof({ weight: 1, arbitrary: object }, { weight: 5, arbitrary: likely }).map((row) => JSON.stringify(row)),
    { maxLength: 6 },
  )
  .chain((lines) =>
    fc.oneof(
      { weight: 8, arbitrary: fc.constant(lines.join('\n')) },
      fc.constantFrom(lines.join('\n').slice(0, -3), `${lines.join('\r\n')}\n{"a":${'['.repeat(5000)}`),
    ),
  );

interface Content {
  readonly bytes: Uint8Array;
  readonly json: boolean;
}
const encoder = new TextEncoder();
const text = fc.oneof(
  ...[csv, square, square, oneHot].map((table) => table.map((text) => ({ bytes: encoder.encode(text), json: false }))),
  jsonLines.map((text) => ({ bytes: encoder.encode(text), json: true })),
);
const content: fc.Arbitrary<Content> = fc.oneof(
  { weight: 8, arbitrary: text },
  { weight: 1, arbitrary: text.map(({ bytes, json }) => ({ bytes, json: !json })) },
  { weight: 1, arbitrary: fc.record({ bytes: fc.uint8Array({ maxLength: 300 }), json: fc.boolean() }) },
  // Damage: a byte somewhere becomes another.
  {
    weight: 1,
    arbitrary: fc.tuple(text, fc.nat(), fc.nat(255)).map(([{ bytes, json }, at, byte]) => ({
      bytes: bytes.map((old, i) => (i === at % bytes.length ? byte : old)),
      json,
    })),
  },
);

const listed = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.subarray(['a', 'b', 'A', 'c,d', 'x"y', '__proto__', 'constructor', 'é'], { minLength: 1 }),
  },
  fc.array(name, { maxLength: 5 }),
);
const list = fc.option(
  listed.map((names) => names.join('\n')),
  { freq: 2 },
);
const options = fc.record<Omit<TableOptions, 'classes'>>({
  separator: fc.constantFrom('|', '|', '|', ' ', ',', 'ab', '\ud83d'),
  unlisted: fc.constantFrom('negative', 'unknown'),
  strict: fc.constantFrom(true, false, false),
  key: fc.constantFrom('image', 'id'),
  keyRequired: fc.boolean(),
});

/** What every table that is given back must be, however it came about. */
function expectTable(table: LabelTable, strict: boolean): void {
  const { labels, classes, ids, lines, splits, groups, exampleWeights } = table;
  sparseLabels(labels); // throws where an invariant is broken
  expect([ids.length, lines.length, labels.rows, labels.columns]).toEqual([
    labels.rows,
    labels.rows,
    ids.length,
    classes.length,
  ]);
  expect(new Set(classes).size).toBe(classes.length);
  expect(classes.every((text) => text === text.trim() && text !== '')).toBe(true);
  const named = ids.filter((id) => id !== '');
  expect(new Set(named).size).toBe(named.length);
  expect(lines.every((line, i) => line > (lines[i - 1] ?? 0))).toBe(true);
  for (const numbers of [splits, groups, exampleWeights]) if (numbers) expect(numbers).toHaveLength(labels.rows);
  expect(splits?.every((split) => split < 3) ?? true).toBe(true);
  expect(exampleWeights?.every((weight) => weight >= 0 && weight < Infinity) ?? true).toBe(true);
  const shares = { train: 0.7, validation: 0.1, test: 0.2 };
  const dealt = splitsOf(table, { shares, random: randomStream(0), strict });
  for (const notice of [...table.notices, ...dealt.notices, ...labelNotices(table, dealt.splits)])
    expect(notice.length).toBeLessThan(1500);
}

test(
  '10,000 hostile tables: read by the rules, or refused by a code of the catalogue',
  { timeout: 300_000 },
  async () => {
    const codes = Object.keys(errors.catalogue());
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(content, fc.nat(20), list, options, async ({ bytes, json }, packed, classes, rest) => {
        const file = join(folder, `labels.${json || bytes[0] === 0x7b ? 'jsonl' : 'csv'}${packed === 0 ? '.gz' : ''}`);
        writeFileSync(file, packed === 0 ? gzipSync(bytes).subarray(0, bytes.length + 9) : bytes);
        const classFile = join(folder, 'classes.txt');
        if (classes !== null) writeFileSync(classFile, classes);
        let outcome = 'read';
        try {
          expectTable(
            await readLabelTable(file, { ...rest, ...(classes !== null && { classes: classFile }) }),
            rest.strict,
          );
        } catch (error) {
          if (!(error instanceof CounterweightError)) throw error;
          outcome = error.code;
          expect(codes).toContain(outcome);
          expect(error.message.length).toBeLessThan(3000);
        }
        seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
      }),
      { numRuns: 10_000 },
    );
    // A property that only ever meets the first check would prove little.
    for (const outcome of [
      'read',
      'table-text-invalid',
      'table-columns-invalid',
      'table-rows-invalid',
      'class-list-invalid',
    ])
      expect(seen.get(outcome) ?? 0, outcome).toBeGreaterThan(100);
  },
);
