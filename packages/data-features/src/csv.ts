import { collectMatrix } from './collect.js';
import { columnsOf, type Columns } from './columns.js';
import { csvRecords, type CsvRecord } from './csv-records.js';
import { errors } from './errors.js';
import { rowsPerBlock, type Matrix } from './matrix.js';
import type { Region } from './region.js';

/**
 * The matrix of a CSV file. A first line of which a cell is not a number names the columns; `id` or `image` is then the column
 * of names. An empty cell is a missing value: NaN, as `nan`; `inf` is infinite. Takes the region over and closes it.
 * @throws features-cells-invalid (all lines at once), features-columns-invalid, features-shape-invalid, features-temporary-file
 */
export async function readCsv(region: Region, inMemory: number): Promise<Matrix> {
  const table = new CsvTable();
  try {
    return await collectMatrix(table.blocks(csvRecords(region)), inMemory, () => table.described());
  } finally {
    await region.close();
  }
}

class CsvTable {
  #columns: Columns | undefined;
  readonly #ids: string[] = [];
  #rows = 0;
  readonly #problems: string[] = [];
  #problemCount = 0;

  async *blocks(batches: AsyncIterable<readonly CsvRecord[]>): AsyncGenerator<Float32Array> {
    for await (const batch of batches) {
      const records = this.#columns ? batch : this.#begin(batch);
      if (!this.#columns) continue;
      const step = rowsPerBlock(4 * this.#columns.features.length);
      for (let from = 0; from < records.length; from += step)
        yield this.#block(records.slice(from, from + step), this.#columns);
    }
  }

  described(): { readonly columns: number; readonly ids?: readonly string[] } {
    if (this.#problemCount > 0)
      throw errors['features-cells-invalid']({ problems: this.#problems, count: this.#problemCount });
    const columns = this.#columns?.features.length ?? 0;
    if (this.#rows === 0 || columns === 0) throw errors['features-shape-invalid']({ shape: [this.#rows, columns] });
    return { columns, ...(this.#columns?.id !== undefined && { ids: this.#ids }) };
  }

  /** Takes the header off, if there is one. */
  #begin(batch: readonly CsvRecord[]): readonly CsvRecord[] {
    const [first, ...others] = batch;
    if (!first) return batch;
    if (first.cells.every((cell) => numberOf(cell) !== undefined)) {
      this.#columns = { width: first.cells.length, features: Array.from(first.cells.keys()) };
      return batch;
    }
    this.#columns = columnsOf(first.cells.map((cell) => cell.trim()));
    return others;
  }

  #block(records: readonly CsvRecord[], { width, id, features }: Columns): Float32Array {
    const values = new Float32Array(records.length * features.length);
    let at = 0;
    for (const { line, cells } of records) {
      if (cells.length !== width) this.#problem(`line ${line}: ${cells.length} cells, the first line has ${width}`);
      for (const column of features) {
        const value = numberOf(cells[column] ?? '');
        if (value === undefined) this.#problem(`line ${line}, column ${column + 1}: ${JSON.stringify(cells[column])}`);
        values[at++] = value ?? NaN;
      }
      if (id !== undefined) this.#ids.push(cells[id] ?? '');
    }
    this.#rows += records.length;
    return values;
  }

  #problem(what: string): void {
    this.#problemCount++;
    if (this.#problems.length < 10) this.#problems.push(what.length > 200 ? `${what.slice(0, 200)}…` : what);
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
