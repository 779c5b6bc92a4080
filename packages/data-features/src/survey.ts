import { createHash } from 'node:crypto';

import { count, some } from '@counterweight/label-table';

import type { Entry } from './errors.js';
import { bytesOf, rowsPerBlock, type Matrix } from './matrix.js';

/** What one pass over a matrix finds. */
export interface Survey {
  /** Over the values as float32, row after row: the same whatever file they came from. */
  readonly sha256: string;
  /** [rows] equal numbers: equal features. */
  readonly contents: Int32Array;
  /** Ascending rows that hold an entry that is no finite number. */
  readonly badRows: Int32Array;
  /** The first of these entries, and how many there are. */
  readonly bad: readonly (Entry & { readonly value: number })[];
  readonly badCount: number;
}

/** That rows are left out whose features are no finite numbers, in words. */
export const leftOut = (rows: number, { bad, badCount }: Survey): string => {
  const shown = bad.map(({ row, column, value }) => `row ${row}, column ${column}: ${value}`);
  return `${count(rows, 'row')} left out, their features are not finite (from 0): ${some(shown, badCount)}.`;
};

/** Reads a matrix once, in its own order. Time O(rows × columns), memory 12 bytes a row. */
export async function survey(matrix: Matrix): Promise<Survey> {
  const { rows, columns } = matrix;
  const hash = createHash('sha256').update(`${rows};${columns};`);
  const keys = new Float64Array(rows);
  const bad: (Entry & { value: number })[] = [];
  const badRows: number[] = [];
  let badCount = 0;
  const step = rowsPerBlock(4 * columns);
  for (let from = 0; from < rows; from += step) {
    const to = Math.min(from + step, rows);
    const values = await matrix.block(from, to);
    hash.update(bytesOf(values));
    const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
    for (let row = from; row < to; row++) {
      const at = (row - from) * columns;
      keys[row] = keyOf(bits, at, at + columns);
      // The sum of x · 0 is 0 as long as all are finite.
      let zero = 0;
      for (let i = at; i < at + columns; i++) zero += values[i]! * 0;
      if (zero === 0) continue;
      badRows.push(row);
      for (let column = 0; column < columns; column++) {
        const value = values[at + column]!;
        if (Number.isFinite(value)) continue;
        badCount++;
        if (bad.length < 10) bad.push({ row, column, value });
      }
    }
  }
  return { sha256: hash.digest('hex'), contents: numbered(keys), badRows: Int32Array.from(badRows), bad, badCount };
}

/** 53 bits of a row: two chains of multiply and rotate (as MurmurHash3). Two of a million rows meet by chance in 5 of 100,000 sets. */
function keyOf(bits: Int32Array, from: number, to: number): number {
  let [a, b] = [0x9e3779b9 | 0, 0x85ebca6b | 0];
  for (let i = from; i < to; i++) {
    a = Math.imul(a ^ bits[i]!, 0xcc9e2d51);
    a = (a << 15) | (a >>> 17);
    b = Math.imul(b ^ bits[i]!, 0x1b873593);
    b = ((b << 13) | (b >>> 19)) + Math.imul(a, 5);
  }
  return (b & 0x1fffff) * 2 ** 32 + (a >>> 0);
}

/** [rows] the position of each key among the sorted ones: without a map, which would take ten times the memory. */
function numbered(keys: Float64Array): Int32Array {
  const sorted = keys.slice().sort();
  return Int32Array.from(keys, (key) => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  });
}
