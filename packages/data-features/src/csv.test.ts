import { afterAll, describe, expect, test } from 'vitest';

import { refused, testFolder, valuesOf } from './fixtures/files.js';
import { openMatrix } from './open-matrix.js';

const { write, remove } = testFolder();
afterAll(remove);

const open = (content: string | Uint8Array, name = 'features.csv') => openMatrix(write(name, content));
const contentOf = async (content: string) => {
  const matrix = await open(content);
  return { columns: matrix.columns, ids: matrix.ids, values: await valuesOf(matrix) };
};

test('without a header: all columns are features', async () => {
  const want = { columns: 3, ids: undefined, values: [1, -2.5, 300, 4, 5, 0] };
  expect(await contentOf('1,-2.5,3e2\n4,+5,0\n')).toEqual(want);
  expect(await contentOf('\ufeff1,-2.5,3e2\r\n\r\n 4, 5 ,0')).toEqual(want);
});

test.each(['id', 'image'])('with a header: the column %s is the names', async (name) => {
  const content = `a,${name},b\n1,x.png,2\n3,"y, ""2""\nz",4\n`;
  expect(await contentOf(content)).toEqual({ columns: 2, ids: ['x.png', 'y, "2"\nz'], values: [1, 2, 3, 4] });
});

test('missing and infinite cells are read as such: they are told with their places later', async () => {
  expect((await contentOf('1,nan\n,inf\n-Infinity,2\n')).values).toEqual([1, NaN, NaN, Infinity, -Infinity, 2]);
});

test('a file of several parts', async () => {
  const rows = Array.from({ length: 150_000 }, (_, i) => [i, i / 4, 1 - i]);
  const { columns, values } = await contentOf(`id,a,b,c\n${rows.map((row, i) => `n${i},${row.join(',')}`).join('\n')}`);
  expect(columns).toBe(3);
  expect(values).toEqual(rows.flat());
});

describe('a file that is refused', () => {
  test('all bad lines at once, with line and column', async () => {
    const error = await refused(open('id,a,b\nx,1,2\ny,cat,0x\nz,3\n'));
    expect(error).toMatchObject({ code: 'features-cells-invalid', exit: 3 });
    expect(error.found.replaceAll(/ {4}.*features/g, '')).toBe(
      '3 problems\n.csv:3: column 2: "cat"\n.csv:3: column 3: "0x"\n.csv:4: 2 cells, the first line has 3',
    );
  });

  test('100,000 bad lines: the first ten, and how many more', async () => {
    const error = await refused(open(`a\n${'cat\n'.repeat(1e5)}`));
    expect(error.found).toMatch(/^100000 problems\n.*:2: column 1: "cat"\n[^]*and 99990 more$/);
  });

  test.each<[string, string | Uint8Array, string]>([
    ['a quote that is not closed', '1,2\n"3,4\n', 'table-text-invalid'],
    ['a quote in the middle', '1,2\na"b"c,4\n', 'features-cells-invalid'],
    ['no UTF-8', Buffer.from([0x31, 0x2c, 0x32, 0x0a, 0xff, 0x2c, 0x31]), 'table-text-invalid'],
    ['a NUL', '1,2\n\0,3\n', 'table-text-invalid'],
  ])('%s', async (_, content, code) => {
    expect(await refused(open(content))).toMatchObject({ code, exit: 3 });
  });

  test.each([
    ['id,image,a\nx,y,1\n', /two columns of names/],
    [',a,b\n0,1,2\n', /index of pandas/],
    ['id\nx\n', /no column of features/],
    ['a;b\n1;2\n', /commas/],
  ])('columns %j', async (content, found) => {
    const error = await refused(open(content));
    expect(error.code).toBe('features-columns-invalid');
    expect(error.found).toMatch(found);
  });

  test('no rows', async () => {
    for (const content of ['a,b\n', '\n\n']) expect((await refused(open(content))).code).toBe('features-shape-invalid');
  });

  test('text of another name', async () => {
    expect((await refused(open('1,2\n', 'features.txt'))).code).toBe('features-format-unknown');
  });
});
