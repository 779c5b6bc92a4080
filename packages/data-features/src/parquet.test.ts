import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { afterAll, describe, expect, test } from 'vitest';

import { fixture, refused, testFolder, valuesOf } from './fixtures/files.js';
import { openMatrix } from './open-matrix.js';
import { readParquet } from './parquet.js';

const { folder, write, remove } = testFolder();
afterAll(remove);

// Both fixtures hold the same 8 × 3 numbers, in row groups of 5 rows. Made by pyarrow 26.0.1:
//   v = np.arange(24).reshape(8, 3) / 4 - 2; ids = [f'é {i}, "q"' for i in range(8)]
//   pq.write_table(pa.table({'id': ids, 'a': pa.array(v[:, 0], pa.float32()), 'b': pa.array(v[:, 1], pa.float64()),
//     'c': pa.array(range(8), pa.int16())}), 'columns.parquet', compression='snappy', row_group_size=5)
//   pq.write_table(pa.table({'image': ids, 'embedding': pa.array(v.tolist(), pa.list_(pa.float32()))}), 'lists.parquet',
//     compression='zstd', row_group_size=5)
const ids = Array.from({ length: 8 }, (_, i) => `é ${i}, "q"`);
const values = Array.from({ length: 24 }, (_, i) => i / 4 - 2);

test('columns of numbers', async () => {
  const matrix = await openMatrix(write('columns', await fixture('columns.parquet')));
  expect(matrix.ids).toEqual(ids);
  expect(await valuesOf(matrix)).toEqual(values.map((value, i) => (i % 3 === 2 ? (i - 2) / 3 : value)));
});

test('a column of lists, in memory and on disk', async () => {
  const path = write('lists', await fixture('lists.parquet'));
  for (const inMemory of [0, 2 ** 20]) {
    const matrix = await openMatrix(path, undefined, inMemory);
    expect(matrix.ids).toEqual(ids);
    expect(await valuesOf(matrix)).toEqual(values);
  }
});

describe('a file that is refused', () => {
  test('cut short, or with another footer', async () => {
    const bytes = await fixture('lists.parquet');
    for (const bad of [bytes.subarray(0, 9), bytes.subarray(0, -1), Buffer.from('PAR1')])
      expect(await refused(openMatrix(write('bad', bad)))).toMatchObject({ code: 'parquet-invalid', exit: 3 });
  });

  test('one that the decoder does not come to an end with', async () => {
    const path = write('slow', await fixture('lists.parquet'));
    expect((await refused(readParquet(path, 1427, 2 ** 20, 0))).found).toBe('no progress for 0 seconds');
  });
});

const pyarrow = spawnSync('python3', ['-c', 'import pyarrow, numpy']).status === 0;
if (!pyarrow) console.log('skipped: more files of pyarrow, python3 with pyarrow is absent');

describe.skipIf(!pyarrow)('files that pyarrow writes', () => {
  const python = (lines: string): void => {
    const { status, stderr } = spawnSync(
      'python3',
      ['-c', `import numpy as np, pyarrow as pa, pyarrow.parquet as pq\n${lines}`],
      {
        cwd: folder,
        encoding: 'utf8',
      },
    );
    if (status !== 0) throw new Error(stderr);
  };

  test('every codec, page version and encoding; half, nullable and fixed-size columns', async () => {
    python(`
v = np.arange(3000).reshape(1000, 3) % 50
t = pa.table({'id': pa.array(range(1000)), 'v': pa.FixedSizeListArray.from_arrays(pa.array(v.ravel(), pa.float32()), 3)})
c = pa.table({'id': [f'n{i}' for i in range(1000)], 'a': pa.array(v[:,0], pa.float16()), 'b': pa.array(v[:,1] > 25), 'c': pa.array([None if x > 48 else int(x) for x in v[:,2]], pa.int64())})
for codec in ['none', 'snappy', 'gzip', 'brotli', 'lz4', 'zstd']:
    for version in ['1.0', '2.0']:
        pq.write_table(t, f'lists.{codec}.{version}', compression=codec, data_page_version=version, row_group_size=300)
        pq.write_table(c, f'columns.{codec}.{version}', compression=codec, data_page_version=version, data_page_size=256)
pq.write_table(c.drop(['a']), 'delta', use_dictionary=False, column_encoding={'id': 'DELTA_BYTE_ARRAY', 'c': 'DELTA_BINARY_PACKED'})
`);
    const all = Array.from({ length: 3000 }, (_, i) => i % 50);
    const columns = all.map((value, i) =>
      i % 3 === 0 ? value : i % 3 === 1 ? Number(value > 25) : value > 48 ? NaN : value,
    );
    for (const [i, codec] of ['none', 'snappy', 'gzip', 'brotli', 'lz4', 'zstd'].entries()) {
      const lists = await openMatrix(join(folder, `lists.${codec}.${i % 2 ? '2.0' : '1.0'}`));
      expect(lists.ids?.[999]).toBe('999');
      expect(await valuesOf(lists)).toEqual(all);
      expect(await valuesOf(await openMatrix(join(folder, `columns.${codec}.${i % 2 ? '1.0' : '2.0'}`)))).toEqual(
        columns,
      );
    }
    const delta = await openMatrix(join(folder, 'delta'));
    expect(delta.ids?.[7]).toBe('n7');
    expect(await valuesOf(delta)).toEqual(columns.filter((_, i) => i % 3 > 0));
  });

  test('columns that are no features', async () => {
    python(`
one = pa.array([1.0, 2.0])
lists = pa.array([[1.0], [2.0]])
write = lambda name, **columns: pq.write_table(pa.table(columns), name)
write('text', a=one, path=pa.array(['x', 'y']))
write('dates', a=one, day=pa.array([1, 2], pa.date32()))
write('mixed', a=one, v=lists)
write('ragged', v=pa.array([[1.0], [2.0, 3.0]]))
write('none', v=pa.array([[1.0], None]))
write('nested', v=pa.array([[[1.0]], [[2.0]]]))
write('struct', v=pa.array([{'x': 1.0}, {'x': 2.0}]))
write('ids', id=pa.array(['x', 'y']))
write('empty', a=pa.array([], pa.float32()))
write('index', a=one, __index_level_0__=one)
`);
    const codes = {
      text: ['features-columns-invalid', 'column path: text'],
      dates: ['features-columns-invalid', 'column day: neither numbers nor lists of them'],
      mixed: ['features-columns-invalid', '2 columns, one of them lists: v'],
      ragged: ['parquet-invalid', 'row 1: a list of 2, the first has 1'],
      none: ['parquet-invalid', 'row 1: a list of 0, the first has 1'],
      nested: ['features-columns-invalid', 'column v: neither numbers nor lists of them'],
      struct: ['features-columns-invalid', 'column v: neither numbers nor lists of them'],
      ids: ['features-columns-invalid', 'no column of features'],
      empty: ['features-shape-invalid', 'the shape (0, 1)'],
      index: [
        'features-columns-invalid',
        'column 2, __index_level_0__: the index of pandas (leave it out: index=False)',
      ],
    };
    for (const [name, [code, found]] of Object.entries(codes))
      expect(await refused(openMatrix(join(folder, name))), name).toMatchObject({ code, found, exit: 3 });
  });
});
