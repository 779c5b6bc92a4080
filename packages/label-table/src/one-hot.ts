/** CSV with a column per class. */
import type { CsvForm, Header } from './csv-form.js';
import { decimal } from './decimal.js';
import type { Row, TableOptions } from './row.js';
import { count, quote, some } from './wording.js';

/**
 * @param known the classes of the class list: other columns are no classes
 * @throws table-columns-invalid, also when the first row is given: nothing in it is a target, so these are no classes
 */
export function oneHotForm(
  header: Header,
  { strict, unlisted }: TableOptions,
  known: ReadonlyMap<string, number> | undefined,
): CsvForm {
  const { names, refuse } = header;
  const isClass = (name: string, i: number): boolean =>
    !header.reserved.has(i) && name !== '' && (known === undefined || known.has(name));
  const columns = Int32Array.from(names.flatMap((name, i) => (isClass(name, i) ? [i] : [])));
  // In the order that the classes will have, so that rows need no sorting.
  columns.sort((a, b) =>
    known ? known.get(names[a]!)! - known.get(names[b]!)! : names[a]! < names[b]! ? -1 : names[a]! > names[b]! ? 1 : 0,
  );
  const classes = Array.from(columns, (i) => names[i]!);
  const twice = classes.find((name, i) => i > 0 && name === classes[i - 1]);
  if (twice !== undefined) throw refuse(`the column ${quote(twice)} twice`);
  if (classes.length === 0) throw refuse('no column labels, and no column of a class');

  const present = new Set(classes);
  const without = Array.from(known?.keys() ?? []).filter((name) => !present.has(name));
  const missing = `${count(without.length, 'class')} of the class list: ${some(without.map(quote))}`;
  if (without.length > 0 && strict) throw refuse(`no column for ${missing}`);
  let first = true;
  return {
    read: columns,
    classes,
    notices: without.length === 0 ? [] : [`No column for ${missing}.`],
    row: (cells, line) => {
      if (first && columns.every((i) => stateOf(cells[i] ?? '') === undefined))
        throw refuse(
          `no column labels, and ${quote(cells[columns[0]!] ?? '')} below ${quote(classes[0]!)} is no target of a class (line ${line})`,
        );
      first = false;
      return { ...header.shared(cells, line), ...statesOf(cells, columns, names, unlisted) };
    },
  };
}

function statesOf(
  cells: readonly string[],
  columns: Int32Array,
  names: readonly string[],
  unlisted: TableOptions['unlisted'],
): Pick<Row, 'labels' | 'targets' | 'unknown' | 'negative' | 'distinct' | 'problems'> {
  const labels: string[] = [];
  const targets: number[] = [];
  const unknown: string[] = [];
  const negative: string[] = [];
  const wrong: number[] = [];
  for (const i of columns) {
    const cell = cells[i] ?? '';
    const state = cell === '0' ? 0 : cell === '1' ? 1 : stateOf(cell);
    if (state === undefined) wrong.push(i);
    else if (state === 'unknown') unknown.push(names[i]!);
    else if (state > 0) {
      labels.push(names[i]!);
      targets.push(state);
      // The negatives of a wide table are most of it: they are listed only where they will be kept.
    } else if (unlisted === 'unknown') negative.push(names[i]!);
  }
  const told = wrong.slice(0, 5).map((i) => `${quote(cells[i] ?? '')} for ${quote(names[i]!)}`);
  const problems = wrong.length === 0 ? [] : [`${some(told, wrong.length)}: expected 0 to 1, or nothing for unknown`];
  return { labels, targets, unknown, negative, distinct: true, problems };
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
  const number = decimal(text);
  return number === -1 ? 'unknown' : number !== undefined && number >= 0 && number <= 1 ? number : undefined;
}
