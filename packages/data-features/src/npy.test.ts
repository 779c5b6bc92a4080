import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';

import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';

import { openMatrix } from './open-matrix.js';
import { floatsFile, npyFile, npyHeader, refused, testFolder, valuesOf } from './fixtures/files.js';

const { folder, write, remove } = testFolder();
afterAll(remove);

/** Writes one value of each type into a view; what is read back is its float32. */
const types: Record<
  string,
  { bytes: number; put: (view: DataView, at: number, value: number, little: boolean) => void }
> = {
  f4: { bytes: 4, put: (view, ...at) => view.setFloat32(...at) },
  f8: { bytes: 8, put: (view, ...at) => view.setFloat64(...at) },
  i1: { bytes: 1, put: (view, at, value) => view.setInt8(at, value) },
  u1: { bytes: 1, put: (view, at, value) => view.setUint8(at, value) },
  b1: { bytes: 1, put: (view, at, value) => view.setUint8(at, value) },
  i2: { bytes: 2, put: (view, ...at) => view.setInt16(...at) },
  u2: { bytes: 2, put: (view, ...at) => view.setUint16(...at) },
  i4: { bytes: 4, put: (view, ...at) => view.setInt32(...at) },
  u4: { bytes: 4, put: (view, ...at) => view.setUint32(...at) },
  i8: { bytes: 8, put: (view, at, value, little) => view.setBigInt64(at, BigInt(value), little) },
  u8: { bytes: 8, put: (view, at, value, little) => view.setBigUint64(at, BigInt(value), little) },
};
const valueOf = (type: string): fc.Arbitrary<number> => {
  const bits = 8 * types[type]!.bytes;
  if (type === 'f4') return fc.float({ noNaN: true });
  if (type === 'f8') return fc.double({ noNaN: true, min: -3e38, max: 3e38 });
  if (type === 'b1') return fc.nat(1);
  const signed = type.startsWith('i');
  const most = Math.min(2 ** (signed ? bits - 1 : bits), 2 ** 53) - 1;
  return fc.integer({ min: signed ? -most : 0, max: most });
};
const arrays = fc
  .record({
    type: fc.constantFrom(...Object.keys(types)),
    order: fc.constantFrom('<', '>'),
    fortran: fc.boolean(),
    version: fc.constantFrom(1, 2, 3),
    rows: fc.integer({ min: 1, max: 6 }),
    columns: fc.integer({ min: 1, max: 5 }),
    inMemory: fc.constantFrom(0, 2 ** 20),
  })
  .chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      values: fc.array(valueOf(shape.type), {
        minLength: shape.rows * shape.columns,
        maxLength: shape.rows * shape.columns,
      }),
    }),
  );

test('every type, byte order, order and version, in memory and on disk: its float32', () =>
  fc.assert(
    fc.asyncProperty(arrays, async ({ shape, values }) => {
      const { type, order, fortran, version, rows, columns, inMemory } = shape;
      const { bytes, put } = types[type]!;
      const view = new DataView(new ArrayBuffer(rows * columns * bytes));
      values.forEach((value, i) => {
        const [row, column] = [Math.floor(i / columns), i % columns];
        put(view, bytes * (fortran ? column * rows + row : i), value, order === '<');
      });
      const dtype = bytes === 1 ? `|${type}` : `${order}${type}`;
      const file = npyFile(npyHeader(dtype, [rows, columns], fortran), new Uint8Array(view.buffer), version);
      const matrix = await openMatrix(write('any.npy', file), undefined, inMemory);
      expect([matrix.rows, matrix.columns]).toEqual([rows, columns]);
      expect(await valuesOf(matrix)).toEqual(values.map(Math.fround));
    }),
    { numRuns: 300 },
  ));

test('halves: normal, subnormal, greatest, zero of either sign', async () => {
  const halves = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x03ff, 0x0400, 0x7bff, 0x8000, 0x3555);
  const file = npyFile(npyHeader('<f2', [4, 2]), new Uint8Array(halves.buffer));
  const want = [1, -2, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, 65504, -0, 0.333251953125];
  expect(await valuesOf(await openMatrix(write('half.npy', file)))).toEqual(want);
});

test('rows in any order, with repeats, the same from disk as from memory', async () => {
  const values = Array.from({ length: 300 }, (_, i) => i / 8);
  const path = write('rows.npy', floatsFile(values, 3));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(99), { maxLength: 40 }), async (asked) => {
      for (const inMemory of [0, 2 ** 20]) {
        const matrix = await openMatrix(path, undefined, inMemory);
        const into = new Float32Array(3 * asked.length);
        await matrix.read(Int32Array.from(asked), into);
        await matrix.close();
        expect([...into]).toEqual(asked.flatMap((row) => values.slice(3 * row, 3 * row + 3)));
      }
    }),
    { numRuns: 30 },
  );
});

const sixty = new Uint8Array(24);
const bad = {
  'an empty file': new Uint8Array(),
  'only the magic': Buffer.from('\x93NUMPY', 'latin1'),
  'version 4': npyFile(npyHeader('<f4', [2, 3]), sixty, 4),
  'no dictionary': npyFile('42\n', sixty),
  'code in the header': npyFile("{'descr': __import__('os'), 'fortran_order': False, 'shape': (2, 3)}", sixty),
  'a missing key': npyFile("{'descr': '<f4', 'shape': (2, 3)}", sixty),
  'a key twice': npyFile("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}", sixty),
  'an unknown key': npyFile("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'x': 'y'}", sixty),
  'a negative size': npyFile("{'descr': '<f4', 'fortran_order': False, 'shape': (-2, 3)}", sixty),
  'text after the dictionary': npyFile(`${npyHeader('<f4', [2, 3]).trim()} x`, sixty),
  'values cut short': npyFile(npyHeader('<f4', [2, 3]), sixty.subarray(1)),
  'bytes left over': npyFile(npyHeader('<f4', [2, 3]), new Uint8Array(25)),
  'more values than there are numbers': npyFile(npyHeader('<f4', [2 ** 40, 2 ** 40]), sixty),
};

describe('a file that is refused', () => {
  test.each(Object.entries(bad).slice(1))('%s', async (_, file) => {
    expect(await refused(openMatrix(write('bad.npy', file)))).toMatchObject({ code: 'npy-invalid', exit: 3 });
  });

  test('an empty file: of no format', async () => {
    expect((await refused(openMatrix(write('bad.npy', bad['an empty file'])))).code).toBe('features-format-unknown');
  });

  test.each(['|O', '<c8', '|S4', '<U4', '<M8[ns]', '<f16', '|f4', '<f3', 'f4x', '<V8'])('dtype %s', async (dtype) => {
    const error = await refused(openMatrix(write('bad.npy', npyFile(npyHeader(dtype, [2, 3]), sixty))));
    expect(error).toMatchObject({ code: 'npy-dtype-unsupported', exit: 3, found: `dtype ${dtype}` });
  });

  test('a structured dtype', async () => {
    const header = "{'descr': [('a', '<f4'), ('b', '<f4')], 'fortran_order': False, 'shape': (3,)}";
    expect((await refused(openMatrix(write('bad.npy', npyFile(header, sixty))))).code).toBe('npy-dtype-unsupported');
  });

  test.each([
    [[], /np\.save/],
    [[6], /reshape\(-1, 1\)/],
    [[1, 2, 3], /reshape\(len/],
    [[0, 3], /np\.save/],
    [[2, 0], /np\.save/],
  ])('shape %j, with what to do', async (shape, remedy) => {
    const error = await refused(openMatrix(write('bad.npy', npyFile(npyHeader('<f4', shape), sixty))));
    expect(error).toMatchObject({ code: 'features-shape-invalid', exit: 3, place: { file: join(folder, 'bad.npy') } });
    expect(error.remedy).toMatch(remedy);
  });

  test('nothing, a folder: exit 2', async () => {
    for (const path of [join(folder, 'nothing.npy'), folder])
      expect(await refused(openMatrix(path))).toMatchObject({ code: 'features-unreadable', exit: 2 });
  });
});

test('a file that is cut while it is read', async () => {
  const path = write('cut.npy', floatsFile([1, 2, 3, 4], 2));
  const matrix = await openMatrix(path, undefined, 0);
  write('cut.npy', floatsFile([1, 2], 2));
  expect((await refused(matrix.read(Int32Array.of(1), new Float32Array(2)))).code).toBe('features-file-changed');
  await matrix.close();
});

const numpy = spawnSync('python3', ['-c', 'import numpy']).status === 0;
if (!numpy) console.log('skipped: files of numpy itself, python3 with numpy is absent');

test.skipIf(!numpy)('files that numpy wrote: types, orders, versions, stored and deflated', async () => {
  const script = `
import numpy as np
v = (np.arange(35).reshape(7, 5) - 12)
for t in ['<f2', '>f2', '<f4', '>f4', '<f8', '>f8', '|i1', '<i2', '>i4', '<i8', '>i8']:
    np.save(t[1:] + t[0].replace('<', 'l').replace('>', 'b').replace('|', 'n'), v.astype(t))
    np.save(t[1:] + t[0].replace('<', 'l').replace('>', 'b').replace('|', 'n') + 'F', np.asfortranarray(v.astype(t)))
for t in ['|u1', '<u2', '>u4', '<u8']:
    np.save(t[1:] + 'up', (v + 12).astype(t))
for n in (1, 2, 3):
    with open('version%d.npy' % n, 'wb') as f: np.lib.format.write_array(f, v.astype('<f4'), version=(n, 0))
np.savez('stored.npz', v.astype('<f4'))
np.savez_compressed('deflated.npz', other=v[:2], features=v.astype('>f8'))
np.savetxt('text.csv', v, delimiter=',')
`;
  const { folder: made, remove: removeMade } = testFolder();
  execFileSync('python3', ['-c', script], { cwd: made });
  const want = Array.from({ length: 35 }, (_, i) => i - 12);
  const open = async (name: string, array?: string) => valuesOf(await openMatrix(join(made, name), array));
  const signed = ['f2l', 'f2b', 'f4l', 'f4b', 'f8l', 'f8b', 'i1n', 'i2l', 'i4b', 'i8l', 'i8b'];
  for (const name of signed)
    for (const order of ['', 'F']) expect(await open(`${name}${order}.npy`), name).toEqual(want);
  for (const name of ['u1', 'u2', 'u4', 'u8'])
    expect(await open(`${name}up.npy`), name).toEqual(want.map((value) => value + 12));
  for (const version of [1, 2, 3]) expect(await open(`version${version}.npy`)).toEqual(want);
  expect(await open('stored.npz')).toEqual(want);
  expect(await open('deflated.npz', 'features')).toEqual(want);
  expect(await open('text.csv')).toEqual(want);
  removeMade();
});
