/** Which of the two forms a CSV table has, told by its header, and how its records become rows. */
import type { CounterweightError } from '@counterweight/core';

import { errors } from './errors.js';
import { oneHotForm } from './one-hot.js';
import type { Row, TableOptions } from './row.js';

export interface CsvForm {
  readonly row: (cells: readonly string[], line: number) => Row;
  /** Indices of the columns that only this form reads. */
  readonly read: Int32Array;
  /** Classes by their columns; undefined where cells hold the labels. */
  readonly classes?: readonly string[];
  /** What was noticed about the columns, in words. */
  readonly notices: readonly string[];
}

/** What both forms have. */
export interface Header {
  /** [columns] trimmed. */
  readonly names: readonly string[];
  /** Indices of the columns that are never classes. */
  readonly reserved: ReadonlySet<number>;
  /** The index of a column, −1 without one. @throws table-columns-invalid where it stands twice */
  readonly column: (name: string) => number;
  readonly shared: (cells: readonly string[], line: number) => Pick<Row, 'line' | 'key' | 'split' | 'group' | 'weight'>;
  readonly refuse: (what: string) => CounterweightError;
}

/**
 * @param known the classes of the class list
 * @returns the form, and the names of columns that nothing reads
 * @throws table-columns-invalid
 */
export function csvForm(
  cells: readonly string[],
  place: { readonly file: string; readonly line: number },
  options: TableOptions,
  known?: ReadonlyMap<string, number>,
): CsvForm & { readonly unread: readonly string[] } {
  const names = cells.map((name) => name.trim());
  const lower = names.map((name) => name.toLowerCase());
  const refuse = (what: string) =>
    errors['table-columns-invalid']({ header: cells, what, key: options.key }, { place });
  const column = (name: string): number => {
    const index = lower.indexOf(name);
    if (index >= 0 && lower.includes(name, index + 1)) throw refuse(`the column ${name} twice`);
    return index;
  };
  const [image, id] = [column('image'), column('id')];
  const key = options.key === 'image' || id < 0 ? image : id;
  if (key < 0 && options.keyRequired) throw refuse(`no column ${options.key}`);
  const [split, group, weight] = [column('split'), column('group'), column('weight')];
  const header: Header = {
    names,
    reserved: new Set([image, id, split, group, weight]),
    column,
    shared: (record, line) => ({
      line,
      key: cellOf(record, key),
      split: cellOf(record, split),
      group: cellOf(record, group),
      weight: cellOf(record, weight),
    }),
    refuse,
  };
  const form = column('labels') >= 0 ? labelsForm(header, options) : oneHotForm(header, options, known);
  const read = new Set([...form.read, key, split, group, weight]);
  return {
    ...form,
    unread: names.filter((_, i) => !read.has(i)),
    row: (record, line) => {
      const row = form.row(record, line);
      if (record.length === cells.length) return row;
      const mismatch = `${record.length} cells, the header has ${cells.length} (quote a cell that holds a comma)`;
      return { ...row, problems: [mismatch, ...row.problems] };
    },
  };
}

const cellOf = (cells: readonly string[], index: number): string | undefined =>
  index < 0 ? undefined : (cells[index] ?? '');

function labelsForm({ column, shared }: Header, { separator }: TableOptions): CsvForm {
  const [labels, unknown, negative] = [column('labels'), column('unknown'), column('negative')];
  const list = (cells: readonly string[], index: number): string[] => {
    const cell = cellOf(cells, index)?.trim() ?? '';
    return cell === '' ? [] : cell.split(separator);
  };
  return {
    read: Int32Array.of(labels, unknown, negative),
    notices: [],
    row: (cells, line) => ({
      ...shared(cells, line),
      labels: list(cells, labels),
      unknown: list(cells, unknown),
      negative: list(cells, negative),
      problems: [],
    }),
  };
}
