import { errors } from './errors.js';
import { partsOf, type Region } from './region.js';

/** A line of a CSV file, cut into cells. */
export interface CsvRecord {
  /** From 1; of its first line where a quoted cell goes over several. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** In UTF-16 code units: 200,000 features of 20 characters. */
const longestRecord = 2 ** 22;

/**
 * The records of a CSV file in UTF-8, some at a time; empty lines are left out. Lines without quotes are only split, which is
 * three times as fast as a full parser: a matrix has one cell with quotes in a line, if any.
 * @throws features-cells-invalid
 * @source RFC 4180; a byte order mark and either line end are fine
 */
export async function* csvRecords(region: Region, partBytes?: number): AsyncGenerator<readonly CsvRecord[]> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (part?: Uint8Array): string => {
    try {
      return part ? decoder.decode(part, { stream: true }) : decoder.decode();
    } catch {
      throw invalid(line, 'bytes that are not UTF-8 in or after it');
    }
  };
  let line = 1;
  let rest = '';
  const take = (lines: readonly string[]): CsvRecord[] => {
    const records: CsvRecord[] = [];
    for (let i = 0; i < lines.length;) {
      let text = lines[i]!;
      let next = i + 1;
      for (let open = quotes(text) % 2 === 1; open; next++) {
        if (next === lines.length) throw invalid(line, 'a quote that is not closed');
        text += `\n${lines[next]!}`;
        if (quotes(lines[next]!) % 2 === 1) open = false;
      }
      if (text.endsWith('\r')) text = text.slice(0, -1);
      if (text !== '') records.push({ line, cells: text.includes('"') ? quotedCells(text, line) : text.split(',') });
      line += next - i;
      i = next;
    }
    return records;
  };
  for await (const part of partsOf(region, partBytes)) {
    const text = rest + decode(part);
    const end = wholeRecords(text);
    rest = text.slice(end);
    if (rest.length > longestRecord) throw invalid(line, `more than ${longestRecord} characters`);
    if (end > 0) yield take(text.slice(0, end - 1).split('\n'));
  }
  yield take((rest + decode()).split('\n'));
}

const invalid = (line: number, what: string): Error =>
  errors['features-cells-invalid']({ problems: [`line ${line}: ${what}`], count: 1 });

function quotes(text: string): number {
  let count = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) count++;
  return count;
}

/** Up to where a text holds whole records: after the last line end that is not within quotes. */
function wholeRecords(text: string): number {
  let end = text.lastIndexOf('\n') + 1;
  let before = quotes(text.slice(0, end));
  while (before % 2 === 1) {
    // Back to the start of the line of the last quote.
    const start = text.lastIndexOf('\n', text.lastIndexOf('"', end - 1)) + 1;
    before -= quotes(text.slice(start, end));
    end = start;
  }
  return end;
}

function quotedCells(text: string, line: number): string[] {
  const cells: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  for (;;) {
    const match = cell.exec(text);
    if (!match) throw invalid(line, 'a quote in the middle of a cell');
    cells.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === '') return cells;
  }
}
