/** Records of CSV (RFC 4180, commas), any line ends, line breaks in quoted cells. */
import type { CounterweightError } from '@counterweight/core';

import { errors } from './errors.js';
import { cutText, type Cutter } from './text.js';

/**
 * Visits the records of a file in order; blank lines are no records. A quote inside an unquoted cell is a character like another.
 * @param visit cells as written (spaces kept, quotes undone) and the line where the record starts
 * @throws table-unreadable, table-text-invalid; what `visit` throws
 */
export const eachRecord = (file: string, visit: (cells: string[], line: number) => void): Promise<void> =>
  cutText(file, new RecordCutter(file, visit));

/** Visits the lines of a file in order; blank ones too. */
export const eachLine = (file: string, visit: (text: string, line: number) => void): Promise<void> =>
  cutText(file, new LineCutter(visit));

const JSON_REMEDY = 'write an object per line, and tell it by the name: labels.jsonl';

class LineCutter implements Cutter {
  line = 1;

  constructor(private readonly visit: (text: string, line: number) => void) {}

  cut(text: string, last: boolean): number {
    const ends = lineEnds(text, last);
    for (let at = 0; ; this.line++) {
      const end = ends(at);
      if (at >= text.length || end === undefined) return at;
      this.visit(text.slice(at, end), this.line);
      at = afterBreak(text, end);
    }
  }
}

export class RecordCutter implements Cutter {
  line = 1;

  constructor(
    private readonly file: string,
    private readonly visit: (cells: string[], line: number) => void,
  ) {}

  cut(text: string, last: boolean): number {
    if (this.line === 1 && /^\s*[{[]/.test(text.slice(0, 99))) throw this.refuse('JSON', JSON_REMEDY);
    const ends = lineEnds(text, last);
    const quotes = finder(text, '"');
    for (let at = 0; ;) {
      const end = ends(at);
      if (at >= text.length || end === undefined) return at;
      if (quotes(at) > end) {
        this.give(text.slice(at, end).split(','));
        this.line++;
        at = afterBreak(text, end);
      } else {
        const record = quotedRecord(text, at, last);
        if (typeof record === 'string') throw this.refuse(record);
        if (record === undefined) return at;
        this.give(record.cells);
        this.line += text.slice(at, record.next).match(/\r\n|\n|\r/g)?.length ?? 0;
        at = record.next;
      }
    }
  }

  private refuse(found: string, remedy?: string): CounterweightError {
    const { file, line } = this;
    return errors['table-text-invalid']({ found, ...(remedy && { remedy }) }, { place: { file, line } });
  }

  private give(cells: string[]): void {
    if (cells.length > 1 || cells[0]!.trim() !== '') this.visit(cells, this.line);
  }
}

/** The record at a place, cell by cell; undefined: the text ends before it does; a string: what is wrong with it. */
function quotedRecord(text: string, at: number, last: boolean): { cells: string[]; next: number } | string | undefined {
  const cells: string[] = [];
  const afterSpaces = pattern(text, /[^ \t]|$/g);
  const cellEnd = pattern(text, /[,\r\n]|$/g);
  for (let from = at; ;) {
    let end = afterSpaces(from);
    if (text[end] === '"') {
      let cell = '';
      for (;;) {
        const close = text.indexOf('"', end + 1);
        if (close < 0) return last ? 'a quote that is never closed' : undefined;
        cell += text.slice(end + 1, close);
        end = close + 1;
        if (text[end] !== '"') break;
        cell += '"';
      }
      end = afterSpaces(end);
      if (end < text.length && cellEnd(end) !== end) return 'text after the quote that closes a cell';
      cells.push(cell);
    } else {
      end = cellEnd(from);
      cells.push(text.slice(from, end));
    }
    if (text[end] === ',') from = end + 1;
    // At the very end a quote may be the first of two, a carriage return half of a line break.
    else if (!last && end >= text.length - 1 && text[end] !== '\n') return undefined;
    else return { cells, next: afterBreak(text, end) };
  }
}

/** Where the line that holds a place ends; undefined where the text is cut off before that is known. */
function lineEnds(text: string, last: boolean): (from: number) => number | undefined {
  const [feeds, returns] = [finder(text, '\n'), finder(text, '\r')];
  return (from) => {
    const end = Math.min(feeds(from), returns(from));
    if (last) return Math.min(end, text.length);
    return end === Infinity || (end === text.length - 1 && text[end] === '\r') ? undefined : end;
  };
}

const afterBreak = (text: string, end: number): number =>
  Math.min(text.length, end + (text[end] === '\r' && text[end + 1] === '\n' ? 2 : 1));

/** Finds a mark from places that ascend; searches no stretch twice. Infinity: none follows. */
function finder(text: string, mark: string): (from: number) => number {
  let next = -1;
  return (from) => {
    if (next < from) {
      next = text.indexOf(mark, from);
      if (next < 0) next = Infinity;
    }
    return next;
  };
}

const pattern =
  (text: string, expression: RegExp) =>
  (from: number): number => {
    expression.lastIndex = from;
    return expression.exec(text)?.index ?? text.length;
  };
