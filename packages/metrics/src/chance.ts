import type { RandomStream, Scores } from '@counterweight/core';

/**
 * What a model that knows nothing scores: uniform in [0, 1), independent. Made block by block and never stored; a row
 * depends on (the stream, its number) only, so that the size of blocks does not matter.
 */
export function chanceScores(rows: number, columns: number, random: RandomStream): Scores {
  return {
    rows,
    columns,
    block: (from, to) => {
      const values = new Float32Array((to - from) * columns);
      for (let row = from; row < to; row++) {
        const stream = random.fork(row);
        const [first, second] = [stream.integer(2 ** 32), stream.integer(2 ** 32)];
        const at = (row - from) * columns;
        for (let i = 0; i < columns; i++)
          values[at + i] = (mix(mix(first + Math.imul(i, GOLDEN)) ^ second) >>> 8) / 2 ** 24;
      }
      return values;
    },
  };
}

/** 2³² over the golden ratio, odd: the steps of a Weyl sequence. */
const GOLDEN = 0x9e3779b9;

/** The finaliser of MurmurHash3 (Appleby 2011): a bijection of 32 bits in which every bit depends on all. A stream's own numbers would take 15 times as long. */
function mix(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
