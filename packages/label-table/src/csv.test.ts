import fc from 'fast-check';
import { expect, test } from 'vitest';

import { RecordCutter } from './csv.js';

interface Read {
  readonly cells: readonly string[];
  readonly line: number;
}

/** The records of a text that arrives in pieces. */
function recordsOf(pieces: readonly string[]): Read[] {
  const records: Read[] = [];
  const cutter = new RecordCutter('table.csv', (cells, line) => records.push({ cells, line }));
  let held = '';
  for (const piece of pieces) {
    const text = held + piece;
    held = text.slice(cutter.cut(text, false));
  }
  cutter.cut(held, true);
  return records;
}

const cell = fc.string({ unit: fc.constantFrom('a', 'é', '😀', ' ', ',', '"', '\n', '\r', '\r\n'), maxLength: 6 });
/** RFC 4180, section 2: quotes where they are needed, and sometimes where they are not. */
const written = (text: string, quoted: boolean): string =>
  quoted || /[,"\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
const lineBreaks = (text: string): number => text.match(/\r\n|\r|\n/g)?.length ?? 0;

test('what RFC 4180 writes is read again, on its line, wherever the text is cut into pieces', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.array(cell, { minLength: 2, maxLength: 4 }), fc.boolean()), { maxLength: 6 }),
      fc.constantFrom('\n', '\r\n', '\r'),
      fc.boolean(),
      fc.array(fc.nat(200), { maxLength: 8 }),
      (rows, end, ended, cuts) => {
        const lines = rows.map(([cells, quoted]) => cells.map((text) => written(text, quoted)).join(','));
        const text = lines.map((line, i) => line + (ended || i < lines.length - 1 ? end : '')).join('');
        const places = [0, ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b), text.length];
        const pieces = places.slice(1).map((place, i) => text.slice(places[i], place));
        let line = 1;
        const expected = rows.map(([cells], i) => {
          const record = { cells, line };
          line += lineBreaks(lines[i]!) + 1;
          return record;
        });
        expect(recordsOf(pieces)).toEqual(expected);
      },
    ),
    { numRuns: 2000 },
  );
});

test('a quote inside an unquoted cell is a character like another; spaces around quotes are dropped', () => {
  expect(recordsOf(['5" disk, "a, b" ,c\n'])).toEqual([{ cells: ['5" disk', 'a, b', 'c'], line: 1 }]);
});
