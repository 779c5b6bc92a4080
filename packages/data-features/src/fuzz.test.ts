import { existsSync, readdirSync } from 'node:fs';

import { CounterweightError } from '@counterweight/core';
import { zipSync } from 'fflate';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';

import { fixture, floatsFile, npyFile, npyHeader, testFolder } from './fixtures/files.js';
import { openMatrix } from './open-matrix.js';
import { survey } from './survey.js';

const { write, remove } = testFolder();
afterAll(remove);

const npy = floatsFile([1, 2, 3, 4, 5, 6], 3);
const fortran = npyFile(npyHeader('>f8', [2, 3], true), new Uint8Array(48));
const seeds = {
  npy: [npy, fortran],
  npz: [zipSync({ 'a.npy': [npy, { level: 0 }] }), zipSync({ 'a.npy': fortran })],
  csv: [Buffer.from('id,x,y\n"a, 1",1,2\nb,3e4,-5\nc,nan,6\n'), Buffer.from('1,2\r\n3,4\r\n')],
  parquet: [await fixture('columns.parquet'), await fixture('lists.parquet')],
};

/** How many files this process holds open; 0 where the system does not tell. */
const openFiles = (): number => (existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0);

/** A few bytes changed, taken out or put in, anywhere or at the places where numbers of bytes stand. */
const mutated = (bytes: Uint8Array): fc.Arbitrary<Uint8Array> => {
  const change = fc.record({
    how: fc.constantFrom('set', 'cut', 'insert', 'truncate'),
    at: fc.nat(bytes.length - 1),
    value: fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff, 0x22, 0x2c, 0x0a, 0x28), fc.nat(255)),
  });
  return fc.array(change, { minLength: 1, maxLength: 6 }).map((changes) => {
    const copy = [...bytes];
    for (const { how, at, value } of changes)
      if (how === 'set') copy[at % Math.max(1, copy.length)] = value;
      else if (how === 'truncate') copy.length = changes.length === 1 ? Math.min(at, copy.length) : copy.length;
      else copy.splice(at, how === 'cut' ? 1 : 0, ...(how === 'insert' ? [value] : []));
    return Uint8Array.from(copy);
  });
};

// A Parquet file is decoded in a process of its own: 0.12 s each.
test.each([
  ['npy', 800],
  ['npz', 700],
  ['csv', 460],
  ['parquet', 40],
] as const)(
  '%s: %i files with changed bytes are read, or refused by an error of a catalogue',
  async (format, numRuns) => {
    const files = fc.oneof(...seeds[format].map(mutated));
    let refused = 0;
    const before = openFiles();
    await fc.assert(
      fc.asyncProperty(files, async (bytes) => {
        try {
          const matrix = await openMatrix(write(`fuzz.${format}`, bytes));
          await survey(matrix);
          await matrix.close();
        } catch (error) {
          if (!(error instanceof CounterweightError)) throw error;
          refused++;
        }
      }),
      { numRuns },
    );
    expect(refused).toBeGreaterThan(numRuns / 10);
    expect(openFiles()).toBeLessThan(before + 5);
  },
  180_000,
);
