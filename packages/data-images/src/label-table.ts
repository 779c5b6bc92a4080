import type { Split } from '@counterweight/core';

import { errors, type Problem } from './errors.js';
import { decodeUtf8 } from './utf8.js';

/** One image of a table. */
export interface Row {
  readonly image: string;
  /** Indices into the table's `names`, as the cell lists them. */
  readonly labels: readonly number[];
  readonly split: Split | undefined;
  /** From 1. */
  readonly line: number;
}

export interface LabelTable {
  readonly file: string;
  readonly rows: readonly Row[];
  /** Labels in the order in which they are first seen. */
  readonly names: readonly string[];
  /** Whether the table has the column `split`. */
  readonly hasSplits: boolean;
  readonly otherColumns: readonly string[];
}

const splitNames: ReadonlyMap<string, Split> = new Map([
  ['train', 'train'],
  ['val', 'validation'],
  ['validation', 'validation'],
  ['test', 'test'],
]);

/**
 * Reads the CSV text of a label table: `image` and `labels`, maybe `split`, by name and in any order. Spaces around names are
 * dropped, a byte order mark and any line ends are fine, an empty cell means no label.
 * @throws table-text-invalid, table-columns-invalid, table-rows-invalid (all rows at once), table-empty
 */
export async function readLabelTable(bytes: Uint8Array, file: string, separator: string): Promise<LabelTable> {
  const [header, ...records] = await recordsOf(bytes, file);
  const columns = columnsOf(header?.cells ?? [], file);
  const names = new Map<string, number>();
  const firstLine = new Map<string, number>();
  const problems: Problem[] = [];

  const rows = records.map(({ cells, line }): Row => {
    const problem = (what: string): void => void problems.push({ line, what });
    if (cells.length !== columns.all.length)
      problem(`${cells.length} cells, the header has ${columns.all.length} (quote a cell that holds a comma)`);
    const image = cells[columns.image]?.trim() ?? '';
    const first = firstLine.get(image);
    if (image === '') problem('no image');
    else if (first !== undefined) problem(`${quote(image)} again (first at line ${first})`);
    else firstLine.set(image, line);

    const labels = namesIn(cells[columns.labels] ?? '', separator);
    if (labels.includes('')) problem(`an empty label in ${quote(cells[columns.labels] ?? '')}`);
    const ids = labels.map((label) => {
      const id = names.get(label) ?? names.size;
      names.set(label, id);
      return id;
    });
    const cell = columns.split < 0 ? undefined : (cells[columns.split]?.trim() ?? '');
    const split = cell === undefined ? undefined : splitNames.get(cell.toLowerCase());
    if (cell !== undefined && split === undefined) problem(`split ${quote(cell)}, expected train, val or test`);
    return { image, labels: ids, split, line };
  });

  const [worst] = problems;
  if (worst) throw errors['table-rows-invalid']({ file, problems }, { place: { file, line: worst.line } });
  if (names.size === 0) throw errors['table-empty']({ rows: rows.length }, { place: { file } });
  return { file, rows, names: [...names.keys()], hasSplits: columns.split >= 0, otherColumns: columns.others };
}

const namesIn = (cell: string, separator: string): string[] =>
  cell.trim() === '' ? [] : cell.split(separator).map((label) => label.trim());

/** For a message: quoted, and no longer than a line. */
export const quote = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text);

function columnsOf(header: readonly string[], file: string) {
  const all = header.map((name) => name.trim().toLowerCase());
  const index = (name: string): number => all.indexOf(name);
  const twice = all.some((name, i) => ['image', 'labels', 'split'].includes(name) && index(name) !== i);
  if (index('image') < 0 || index('labels') < 0 || twice)
    throw errors['table-columns-invalid']({ header }, { place: { file, line: 1 } });
  const [image, labels, split] = [index('image'), index('labels'), index('split')];
  return { all, image, labels, split, others: header.filter((_, i) => ![image, labels, split].includes(i)) };
}

interface Record {
  readonly cells: readonly string[];
  readonly line: number;
}

async function recordsOf(bytes: Uint8Array, file: string): Promise<Record[]> {
  const text = decodeUtf8(bytes, file);
  const { parse } = await import('csv-parse/sync');
  const records: Record[] = [];
  let end = 0;
  try {
    parse(text, {
      relax_column_count: true,
      skip_empty_lines: true,
      record_delimiter: ['\r\n', '\n', '\r'],
      on_record: (cells, { lines }) => {
        // The parser counts to the end of a record; a quoted cell may hold line breaks.
        records.push({ cells, line: lines - lineBreaks(cells) });
        end = lines;
        return null;
      },
    });
    return records;
  } catch (cause) {
    const { code, message } = cause as Error & { code?: string };
    // A quote that never ends runs to the end of the file: what matters is where it began.
    const found = code === 'CSV_QUOTE_NOT_CLOSED' ? 'a quote that is never closed' : message;
    throw errors['table-text-invalid']({ found }, { place: { file, line: end + 1 }, cause });
  }
}

const lineBreaks = (record: readonly string[]): number =>
  record.reduce((sum, cell) => sum + (cell.includes('\n') ? cell.split('\n').length - 1 : 0), 0);
