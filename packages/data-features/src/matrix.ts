import type { Region } from './region.js';

/** Features of examples, float32, row after row, in memory or on disk. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** [rows] names, where the file has them. */
  readonly ids?: readonly string[];
  /** Reads rows in the order given (repeats allowed) into [rows.length, columns]. */
  read(rows: Int32Array, into: Float32Array): Promise<void>;
  /** Rows from `from` to before `to`, [to - from, columns]; not to be written to. */
  block(from: number, to: number): Promise<Float32Array>;
  close(): Promise<void>;
}

/** What a pass over a matrix holds at once. */
const blockBytes = 2 ** 23;
/** How many rows of so many bytes a pass takes at once. */
export const rowsPerBlock = (rowBytes: number): number => Math.max(1, Math.floor(blockBytes / rowBytes));

/** Bytes of float32 values; both are little-endian on every machine that the engine runs on. */
export const bytesOf = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** A buffer that features can be read into. */
export function floats(into: Uint8Array | Float32Array): Float32Array {
  if (into instanceof Float32Array) return into;
  throw new TypeError('features are float32: read them into a Float32Array');
}

/** @param values [rows × columns] */
export function memoryMatrix(values: Float32Array, columns: number, ids?: readonly string[]): Matrix {
  return {
    rows: values.length / columns,
    columns,
    ...(ids && { ids }),
    read: (rows, into) => {
      for (let i = 0; i < rows.length; i++) {
        const from = rows[i]! * columns;
        into.set(values.subarray(from, from + columns), i * columns);
      }
      return Promise.resolve();
    },
    block: (from, to) => Promise.resolve(values.subarray(from * columns, to * columns)),
    close: () => Promise.resolve(),
  };
}

/** Float32 values that stay where they are: one positional read for each run of rows that lie one after the other. */
export function regionMatrix(region: Region, columns: number, ids?: readonly string[]): Matrix {
  const rowBytes = columns * 4;
  return {
    rows: region.size / rowBytes,
    columns,
    ...(ids && { ids }),
    read: async (rows, into) => {
      const bytes = bytesOf(into);
      const reads: Promise<void>[] = [];
      for (let from = 0, to: number; from < rows.length; from = to) {
        to = from + 1;
        while (to < rows.length && rows[to] === rows[to - 1]! + 1) to++;
        reads.push(region.read(rows[from]! * rowBytes, bytes.subarray(from * rowBytes, to * rowBytes)));
      }
      await Promise.all(reads);
    },
    block: async (from, to) => {
      const values = new Float32Array((to - from) * columns);
      await region.read(from * rowBytes, bytesOf(values));
      return values;
    },
    close: () => region.close(),
  };
}
