import { crc32 } from 'node:zlib';

import { zipSync } from 'fflate';
import { afterAll, describe, expect, test } from 'vitest';

import { floatsFile, npyFile, npyHeader, refused, testFolder, valuesOf } from './fixtures/files.js';
import { openMatrix } from './open-matrix.js';

const { write, remove } = testFolder();
afterAll(remove);

const values = [1, 2, 3, 4, 5, 6];
const npy = floatsFile(values, 3);
const stored = zipSync({ 'arr_0.npy': [npy, { level: 0 }] });
const deflated = zipSync({ 'arr_0.npy': npy });

test.each([
  ['stored', stored],
  ['deflated', deflated],
])('one array, %s, in memory and on disk', async (_, file) => {
  for (const inMemory of [0, 2 ** 20])
    expect(await valuesOf(await openMatrix(write('one.npz', file), undefined, inMemory))).toEqual(values);
});

test('several arrays: the one that is named; other files do not count', async () => {
  const path = write('several.npz', zipSync({ 'a.npy': floatsFile([7, 8], 1), 'b.npy': npy, 'notes.txt': npy }));
  expect(await valuesOf(await openMatrix(path, 'b'))).toEqual(values);
  expect(await refused(openMatrix(path))).toMatchObject({
    code: 'npz-array-unknown',
    exit: 2,
    found: '2 arrays: a, b',
  });
  const error = await refused(openMatrix(path, 'notes.txt'));
  expect(error).toMatchObject({ code: 'npz-array-unknown', exit: 2, remedy: 'array: a' });
});

/** As zip writes what needs 64 bits: sizes and offset in an extra field, the directory behind a record and a locator. */
function zip64(bytes: Uint8Array): Uint8Array {
  const name = Buffer.from('arr_0.npy');
  const numbers = (width: 2 | 4 | 8, ...all: number[]): Buffer =>
    Buffer.concat(
      all.map((number) => {
        const buffer = Buffer.alloc(width);
        if (width === 8) buffer.writeBigUInt64LE(BigInt(number));
        else buffer.writeUIntLE(number, 0, width);
        return buffer;
      }),
    );
  const all = 0xffffffff;
  const sizes = numbers(8, bytes.length, bytes.length);
  const checks = Buffer.concat([numbers(4, crc32(bytes), all, all), numbers(2, name.length)]);
  const local = [
    numbers(4, 0x04034b50),
    numbers(2, 45, 0, 0, 0, 0),
    checks,
    numbers(2, 20),
    name,
    numbers(2, 1, 16),
    sizes,
    bytes,
  ];
  const central = [
    numbers(4, 0x02014b50),
    numbers(2, 45, 45, 0, 0, 0, 0),
    checks,
    numbers(2, 28, 0, 0, 0),
    numbers(4, 0, all),
  ];
  const directory = Buffer.concat([...central, name, numbers(2, 1, 24), sizes, numbers(8, 0)]);
  const at = Buffer.concat(local).length;
  const record = [
    numbers(4, 0x06064b50),
    numbers(8, 44),
    numbers(2, 45, 45),
    numbers(4, 0, 0),
    numbers(8, 1, 1, directory.length, at),
  ];
  const locator = [numbers(4, 0x07064b50, 0), numbers(8, at + directory.length), numbers(4, 1)];
  const end = [numbers(4, 0x06054b50), numbers(2, 0, 0, 0xffff, 0xffff), numbers(4, all, all), numbers(2, 0)];
  return Buffer.concat([...local, directory, ...record, ...locator, ...end]);
}

test('zip64', async () => {
  expect(await valuesOf(await openMatrix(write('long.npz', zip64(npy))))).toEqual(values);
});

describe('an archive that is refused', () => {
  const changed = (file: Uint8Array, change: (bytes: Buffer) => void): Uint8Array => {
    const bytes = Buffer.from(file);
    change(bytes);
    return bytes;
  };
  const directoryAt = (bytes: Buffer): number => bytes.indexOf(Buffer.from('PK\x01\x02', 'latin1'));
  const bad = {
    'no directory': stored.subarray(0, 100),
    'only two letters': Buffer.from('PK'),
    'no array': zipSync({ 'archive/data.pkl': npy }),
    'a value that changed': changed(stored, (bytes) => (bytes[bytes.indexOf(npy) + npy.length - 1]! ^= 1)),
    'a deflated byte that changed': changed(deflated, (bytes) => (bytes[60]! ^= 0xff)),
    encrypted: changed(stored, (bytes) => (bytes[directoryAt(bytes) + 8]! |= 1)),
    'another method': changed(stored, (bytes) => (bytes[directoryAt(bytes) + 10] = 14)),
    'a header elsewhere': changed(stored, (bytes) => (bytes[directoryAt(bytes) + 42] = 5)),
    'more bytes than it says': changed(
      deflated,
      (bytes) => void bytes.writeUInt32LE(npy.length - 1, directoryAt(bytes) + 24),
    ),
    'fewer bytes than it says': changed(
      deflated,
      (bytes) => void bytes.writeUInt32LE(npy.length + 1, directoryAt(bytes) + 24),
    ),
  };
  test.each(Object.entries(bad))('%s', async (_, file) => {
    expect(await refused(openMatrix(write('bad.npz', file)))).toMatchObject({ code: 'npz-invalid', exit: 3 });
  });

  test('a bomb: refused by what it says, and by what it is', async () => {
    const zeros = new Uint8Array(2 ** 22);
    const path = (file: Uint8Array): string => write('bomb.npz', file);
    const honest = changed(
      zipSync({ 'arr_0.npy': zeros }),
      (bytes) => void bytes.writeUInt32LE(4e9, directoryAt(bytes) + 24),
    );
    expect(await refused(openMatrix(path(honest)))).toMatchObject({ code: 'features-too-large', exit: 3 });
    const lying = changed(
      zipSync({ 'arr_0.npy': zeros }),
      (bytes) => void bytes.writeUInt32LE(1000, directoryAt(bytes) + 24),
    );
    expect((await refused(openMatrix(path(lying)))).found).toBe('arr_0.npy: more bytes');
  });

  test('an array that is no matrix, a damaged array: what an npy file gets', async () => {
    const flat = zipSync({ 'arr_0.npy': npyFile(npyHeader('<f4', [3]), new Uint8Array(12)) });
    expect((await refused(openMatrix(write('flat.npz', flat)))).code).toBe('features-shape-invalid');
    expect((await refused(openMatrix(write('text.npz', zipSync({ 'a.npy': Buffer.from('abc') }))))).code).toBe(
      'npy-invalid',
    );
  });
});
