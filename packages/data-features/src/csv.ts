import { csvRecords, Problems, quote, type CsvRecord } from '@counterweight/label-table';

import { collectMatrix } from './collect.js';
import { columnsOf, type Columns } from './columns.js';
import { errors } from './errors.js';
import { rowsPerBlock, type Matrix } from './matrix.js';

/**
 * The matrix of a CSV file. A first line of which a cell is not a number names the columns; `id` or `image` is then the column
 * of names. An empty cell is a missing value: NaN, as `nan`; `inf` is infinite.
 * @throws features-cells-invalid (all lines at once), features-columns-invalid, features-shape-invalid, features-temporary-file,
 *   table-text-invalid
 */
export function readCsv(path: string, inMemory: number): Promise<Matrix> {
  const table = new CsvTable(path);
  return collectMatrix(table.blocks(csvRecords(path)), inMemory, () => table.described());
}

class CsvTable {
  #columns: Columns | undefined;
  readonly #ids: string[] = [];
  #rows = 0;
  readonly #problems: Problems;

  constructor(file: string) {
    this.#problems = new Problems(file);
  }

  async *blocks(records: AsyncIterable<CsvRecord>): AsyncGenerator<Float32Array> {
    let block: CsvRecord[] = [];
    for await (const record of records) {
      const isHeader = !this.#columns && this.#begin(record.cells);
      if (isHeader) continue;
      block.push(record);
      if (block.length < rowsPerBlock(4 * this.#columns!.width)) continue;
      yield this.#block(block, this.#columns!);
      block = [];
    }
    if (block.length > 0) yield this.#block(block, this.#columns!);
  }

  described(): { readonly columns: number; readonly ids?: readonly string[] } {
    const [first] = this.#problems.problems;
    if (first)
      throw errors['features-cells-invalid'](this.#problems, {
        place: { file: this.#problems.file, line: first.line },
      });
    const columns = this.#columns?.features.length ?? 0;
    if (this.#rows === 0 || columns === 0) throw errors['features-shape-invalid']({ shape: [this.#rows, columns] });
    return { columns, ...(this.#columns?.id !== undefined && { ids: this.#ids }) };
  }

  /** Takes the columns from the first line. @returns whether it is a header */
  #begin(cells: readonly string[]): boolean {
    const isHeader = cells.some((cell) => numberOf(cell) === undefined);
    this.#columns = isHeader ? columnsOf(cells) : { width: cells.length, features: Array.from(cells.keys()) };
    return isHeader;
  }

  #block(records: readonly CsvRecord[], { width, id, features }: Columns): Float32Array {
    const values = new Float32Array(records.length * features.length);
    let at = 0;
    for (const { line, cells } of records) {
      if (cells.length !== width) this.#problems.add(line, `${cells.length} cells, the first line has ${width}`);
      for (const column of features) {
        const value = numberOf(cells[column] ?? '');
        if (value === undefined) this.#problems.add(line, `column ${column + 1}: ${quote(cells[column] ?? '')}`);
        values[at++] = value ?? NaN;
      }
      if (id !== undefined) this.#ids.push(cells[id] ?? '');
    }
    this.#rows += records.length;
    return values;
  }
}

const notFinite = /^\s*(?:nan|([+-]?)inf(?:inity)?)?\s*$/i;

/** A cell as a number; undefined if it is none. */
function numberOf(cell: string): number | undefined {
  const value = Number(cell);
  // `Number` takes an empty cell for 0.
  if (value > 0 || value < 0 || (value === 0 && cell.trim() !== '')) return value;
  const match = notFinite.exec(cell);
  return match ? (match[1] === undefined ? NaN : match[1] === '-' ? -Infinity : Infinity) : undefined;
}
