import type { Inputs, PluginOrigin } from '@counterweight/core';

import { broken } from './plugin-guard.js';

/** Reads that are looked at: the first ones, as what leaves rows blank most often always does. */
const LOOKED_AT = 3;
/** Of the end of a row: what is less may be the picture's own. */
const TAIL = 16;

type Reader = Pick<Inputs, 'read' | 'unreadable'>;

/**
 * `read`, its first results looked at: it must have filled every row by the time its promise settles. The memory it is given
 * holds a pattern before; a row that ends in it is read again over another one.
 * @throws plugin-breaks-contract
 */
export function lookingAtFirstReads(reader: Reader, origin: PluginOrigin): Inputs['read'] {
  let left = LOOKED_AT;
  return async (examples, into) => {
    if (left === 0 || examples.length === 0) return reader.read(examples, into);
    left--;
    const bytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
    const blank = async (pattern: number): Promise<number[]> => {
      bytes.fill(pattern);
      await reader.read(examples, into);
      return blankRows(bytes, examples, pattern).filter((row) => !reader.unreadable?.has(examples[row]!));
    };
    const suspects = await blank(0xa7);
    if (suspects.length === 0) return;
    const again = new Set(await blank(0x5b));
    const row = suspects.find((one) => again.has(one));
    if (row === undefined) return;
    throw broken(
      { origin, doing: 'in read' },
      {
        found: `row ${row} of ${examples.length} (example ${examples[row]!}) was not filled when its promise settled`,
        expected: `every row filled, ${into.length / examples.length} numbers each`,
      },
    );
  };
}

/** Rows that end in the pattern. */
function blankRows(bytes: Uint8Array, { length }: Int32Array, pattern: number): number[] {
  const size = bytes.length / length;
  const tail = Math.min(TAIL, size);
  return Array.from({ length }, (_, row) => row).filter((row) => {
    for (let i = (row + 1) * size - tail; i < (row + 1) * size; i++) if (bytes[i] !== pattern) return false;
    return true;
  });
}
