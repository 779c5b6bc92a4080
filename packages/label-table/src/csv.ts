import { pipeline } from 'node:stream';

import { CsvError, parse, type Options } from 'csv-parse';

import { errors } from './errors.js';
import { LONGEST, textBlocks, TOO_LONG } from './text.js';

/** A record of a CSV file. */
export interface CsvRecord {
  /** Quotes undone, spaces around a cell dropped, within quotes kept. */
  readonly cells: readonly string[];
  /** Where it begins, from 1. */
  readonly line: number;
}

/**
 * The records of a CSV file (RFC 4180, commas, UTF-8), as they are read: any line ends, line breaks in quoted cells, any number
 * of cells. Blank lines are no records. A quote inside an unquoted cell is a character like another.
 * @throws table-unreadable, table-text-invalid
 */
export async function* csvRecords(file: string): AsyncGenerator<CsvRecord> {
  let end = 0;
  let pairs = 0;
  const options: Options<CsvRecord, string[]> = {
    relax_quotes: true,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    max_record_size: LONGEST,
    on_record: (cells, { lines }) => {
      // The parser counts to the end of a record, and CR LF within quotes twice.
      const within = cells.some(hasBreak) ? cells.join() : '';
      const line = lines - pairs - matches(within, /[\r\n]/g);
      pairs += matches(within, /\r\n/g);
      end = lines - pairs;
      return { cells, line };
    },
  };
  try {
    // Its types know records of another form only where columns have names.
    const parser = parse(options as unknown as Options);
    yield* pipeline(notJson(file), parser, () => undefined) as AsyncIterable<CsvRecord>;
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const found = words[cause.code] ?? cause.message;
    throw errors['table-text-invalid']({ found }, { place: { file, line: end + 1 }, cause });
  }
}

/** What the parser says, in words of the table. The line told is where the record begins: a quote may run on to the end. */
const words: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote that is never closed',
  CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE: 'text after the quote that closes a cell',
  CSV_MAX_RECORD_SIZE: TOO_LONG,
};

async function* notJson(file: string): AsyncGenerator<Buffer> {
  let first = true;
  for await (const block of textBlocks(file)) {
    if (first && /^\s*[{[]/.test(block.toString('utf8', 0, 99))) {
      const remedy = 'write an object per line, and tell it by the name: labels.jsonl';
      throw errors['table-text-invalid']({ found: 'JSON', remedy }, { place: { file, line: 1 } });
    }
    first = false;
    yield block;
  }
}

const hasBreak = (cell: string): boolean => cell.includes('\n') || cell.includes('\r');
const matches = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;
