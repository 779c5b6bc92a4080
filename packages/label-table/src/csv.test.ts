import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';

import { csvRecords, type CsvRecord } from './csv.js';
import { eachLine } from './lines.js';

const folder = mkdtempSync(join(tmpdir(), 'csv-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function recordsOf(text: string): Promise<CsvRecord[]> {
  const file = join(folder, 'table.csv');
  writeFileSync(file, text);
  const records: CsvRecord[] = [];
  for await (const record of csvRecords(file)) records.push(record);
  return records;
}

const cell = fc.string({ unit: fc.constantFrom('a', 'é', '😀', ' ', ',', '"', '\n', '\r', '\r\n'), maxLength: 6 });
/** RFC 4180, section 2: quotes where they are needed, and sometimes where they are not. */
const written = (text: string, quoted: boolean): string =>
  quoted || text !== text.trim() || /[,"\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
const lineBreaks = (text: string): number => text.match(/\r\n|\r|\n/g)?.length ?? 0;

test('what RFC 4180 writes is read again, on its line', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.array(cell, { minLength: 2, maxLength: 4 }), fc.boolean()), { maxLength: 6 }),
      fc.constantFrom('\n', '\r\n', '\r'),
      fc.boolean(),
      async (rows, end, ended) => {
        const lines = rows.map(([cells, quoted]) => cells.map((text) => written(text, quoted)).join(','));
        const text = lines.map((line, i) => line + (ended || i < lines.length - 1 ? end : '')).join('');
        let line = 1;
        const expected = rows.map(([cells], i) => {
          const record = { cells, line };
          line += lineBreaks(lines[i]!) + 1;
          return record;
        });
        expect(await recordsOf(text)).toEqual(expected);
      },
    ),
    { numRuns: 1000 },
  );
});

test('spaces around quotes are dropped; a quote inside an unquoted cell is a character, text after one that closes is refused', async () => {
  expect(await recordsOf('5" disk, "b, c" ,d\n')).toEqual([{ cells: ['5" disk', 'b, c', 'd'], line: 1 }]);
  for (const text of ['x\n"a"b,c\n', 'x\n"a" b,c\n', 'x\n"a "b" c",d\n'])
    await expect(recordsOf(text)).rejects.toMatchObject({ code: 'table-text-invalid', place: { line: 2 } });
});

test('lines end by LF, CR or both, wherever a block ends', async () => {
  const file = join(folder, 'lines.txt');
  // Blocks of a megabyte end inside and right after line breaks.
  const long = 'x'.repeat(2 ** 20 - 2);
  const text = `${long}\r\n${long}x\r${long}\n\n${long}x\r\n\u2028 \r`;
  writeFileSync(file, text);
  const lines: string[] = [];
  await eachLine(file, (line, number) => {
    lines.push(line);
    expect(number).toBe(lines.length);
  });
  expect(lines).toEqual([long, `${long}x`, long, '', `${long}x`, '\u2028 ']);
});
