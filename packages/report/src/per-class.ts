import { PER_CLASS_COLUMNS } from '@counterweight/core';
import { parse } from 'csv-parse/sync';

import { errors } from './errors.js';

/** A line of `per-class.csv`. */
export interface ClassRow {
  readonly class: string;
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  /** On the test split; null without a positive there. */
  readonly averagePrecision: number | null;
}

interface Line {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

/**
 * Reads `per-class.csv`; columns after the first five are somebody else's.
 * @throws run-file-invalid with the line
 */
export function parseClassTable(text: string, file: string): readonly ClassRow[] {
  const invalid = (line: number, problem: string, expected: string, cause?: unknown) =>
    errors['run-file-invalid']({ problem, expected }, { place: { file, line }, cause });
  let lines: readonly Line[];
  try {
    // With `info` a record comes with its place; the package's types leave that out.
    lines = parse(text, {
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
    }) as unknown as Line[];
  } catch (cause) {
    const line = cause instanceof Error && 'lines' in cause ? Number(cause.lines) : 1;
    throw invalid(line, cause instanceof Error ? cause.message : 'not CSV', 'CSV', cause);
  }
  const [header, ...rows] = lines;
  const columns = PER_CLASS_COLUMNS.join(',');
  if (!header || header.record.slice(0, PER_CLASS_COLUMNS.length).join(',') !== columns)
    throw invalid(1, `columns ${header?.record.join(',') ?? 'missing'}`, `columns ${columns}`);
  return rows.map(({ record, info }) => {
    const number = (column: number): number => {
      const cell = record[column];
      if (cell === undefined || cell.trim() === '' || !Number.isFinite(Number(cell)))
        throw invalid(info.lines, `${PER_CLASS_COLUMNS[column] ?? 'a column'} is "${cell ?? ''}"`, 'a number');
      return Number(cell);
    };
    return {
      class: record[0] ?? '',
      train: number(1),
      validation: number(2),
      test: number(3),
      averagePrecision: record[4]?.trim() ? number(4) : null,
    };
  });
}
