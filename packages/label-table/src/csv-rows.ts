/** Rows of the two forms of CSV: labels in a cell, or a column per class. */
import { errors } from './errors.js';
import type { Row, TableOptions } from './row.js';
import { count, quote, some } from './wording.js';

/** How a table's records become rows. */
export interface CsvForm {
  readonly row: (cells: readonly string[], line: number) => Row;
  /** Names of columns that nothing reads. */
  readonly unread: readonly string[];
  /** Classes by their columns, in this order; undefined where cells hold the labels. */
  readonly classes?: readonly string[];
  /** What was noticed about the columns, in words. */
  readonly notices: readonly string[];
}

/**
 * @param known the classes of the class list: a column per class is one of these
 * @throws table-columns-invalid
 */
export function csvForm(
  header: readonly string[],
  place: { readonly file: string; readonly line: number },
  options: TableOptions,
  known?: ReadonlyMap<string, number>,
): CsvForm {
  const names = header.map((name) => name.trim());
  const lower = names.map((name) => name.toLowerCase());
  const refuse = (what: string) => errors['table-columns-invalid']({ header, what, key: options.key }, { place });
  const column = (name: string): number => {
    const index = lower.indexOf(name);
    if (lower.indexOf(name, index + 1) > index && index >= 0) throw refuse(`the column ${name} twice`);
    return index;
  };
  const labels = column('labels');
  const image = column('image');
  const id = column('id');
  const key = options.key === 'image' ? image : id < 0 ? image : id;
  if (key < 0 && options.keyRequired) throw refuse(`no column ${options.key}`);
  const [split, group, weight] = [column('split'), column('group'), column('weight')];
  const cell = (cells: readonly string[], index: number): string | undefined =>
    index < 0 ? undefined : (cells[index] ?? '');
  const shared = (cells: readonly string[], line: number) => ({
    line,
    key: cell(cells, key),
    split: cell(cells, split),
    group: cell(cells, group),
    weight: cell(cells, weight),
  });
  const mismatch = (cells: readonly string[]): string[] =>
    cells.length === header.length
      ? []
      : [`${cells.length} cells, the header has ${header.length} (quote a cell that holds a comma)`];
  const others = (read: readonly number[]): string[] => names.filter((_, i) => !read.includes(i));

  if (labels >= 0) {
    const [unknown, negative] = [column('unknown'), column('negative')];
    const list = (cells: readonly string[], index: number): string[] =>
      index < 0 || (cells[index] ?? '').trim() === '' ? [] : cells[index]!.trim().split(options.separator);
    return {
      notices: [],
      unread: others([labels, key, split, group, weight, unknown, negative]),
      row: (cells, line) => ({
        ...shared(cells, line),
        labels: list(cells, labels),
        unknown: list(cells, unknown),
        negative: list(cells, negative),
        problems: mismatch(cells),
      }),
    };
  }

  const reserved = new Set([image, id, split, group, weight]);
  const isClass = (name: string, i: number): boolean =>
    !reserved.has(i) && name !== '' && (known === undefined || known.has(name));
  const columns = Int32Array.from(names.flatMap((name, i) => (isClass(name, i) ? [i] : [])));
  const classes = Array.from(columns, (i) => names[i]!);
  const columnNames = new Set(classes);
  const twice =
    classes.length === columnNames.size ? undefined : classes.find((name, i) => classes.indexOf(name) !== i);
  if (twice !== undefined) throw refuse(`the column ${quote(twice)} twice`);
  if (columns.length === 0) throw refuse('no column labels, and no column of a class');
  const without = [...(known?.keys() ?? [])].filter((name) => !columnNames.has(name)).map(quote);
  if (without.length > 0 && options.strict)
    throw refuse(`no column for ${count(without.length, 'class')} of the class list: ${some(without)}`);
  const oneHot = oneHotRow(names, columns, options.unlisted);
  let first = true;
  return {
    unread: others([...columns, key, split, group, weight]),
    classes,
    notices:
      without.length === 0
        ? []
        : [`${count(without.length, 'class')} of the class list without a column: ${some(without)}.`],
    row: (cells, line) => {
      if (first && columns.every((i) => stateOf(cells[i] ?? '') === undefined))
        throw refuse(
          `no column labels, and ${quote(cells[columns[0]!] ?? '')} below ${quote(classes[0]!)} is neither 0 nor 1 as below a class (line ${line})`,
        );
      first = false;
      const { problems, ...states } = oneHot(cells);
      return { ...shared(cells, line), ...states, problems: [...mismatch(cells), ...problems] };
    },
  };
}

function oneHotRow(names: readonly string[], columns: Int32Array, unlisted: TableOptions['unlisted']) {
  return (cells: readonly string[]) => {
    const labels: string[] = [];
    const targets: number[] = [];
    const unknown: string[] = [];
    const negative: string[] = [];
    const problems: string[] = [];
    for (const i of columns) {
      const cell = cells[i] ?? '';
      const state = cell === '0' ? 0 : cell === '1' ? 1 : stateOf(cell);
      if (state === undefined)
        problems.push(`${quote(cell)} for ${quote(names[i]!)}, expected 0 to 1, or nothing for unknown`);
      else if (state === 'unknown') unknown.push(names[i]!);
      else if (state > 0) {
        labels.push(names[i]!);
        targets.push(state);
        // The negatives of a wide table are most of it: they are listed only where they will be kept.
      } else if (unlisted === 'unknown') negative.push(names[i]!);
    }
    return { labels, targets, unknown, negative, problems };
  };
}

const words: ReadonlyMap<string, number | 'unknown'> = new Map<string, number | 'unknown'>([
  ['', 'unknown'],
  ['?', 'unknown'],
  ['unknown', 'unknown'],
  ['nan', 'unknown'],
  ['true', 1],
  ['false', 0],
]);

/** What a cell says of a class: a target from 0 to 1, unknown, or nothing that is understood. */
function stateOf(cell: string): number | 'unknown' | undefined {
  const text = cell.trim().toLowerCase();
  const word = words.get(text);
  if (word !== undefined) return word;
  const number = numberIn(text);
  return number === -1 ? 'unknown' : number !== undefined && number >= 0 && number <= 1 ? number : undefined;
}

/** A decimal number; nothing else that `Number` would take. */
export const numberIn = (text: string): number | undefined =>
  /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
