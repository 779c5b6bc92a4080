import { CounterweightError } from '@counterweight/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { readLabelTable } from './label-table.js';

const read = (text: string | Uint8Array, separator = '|') =>
  readLabelTable(typeof text === 'string' ? new TextEncoder().encode(text) : text, 'labels.csv', separator);

async function refused(text: string | Uint8Array): Promise<CounterweightError> {
  const error: unknown = await read(text).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(error instanceof CounterweightError)) throw new Error('not refused', { cause: error });
  expect(error.exit).toBe(3);
  expect(error.place?.file).toBe('labels.csv');
  return error;
}

test('columns by name, in any order and case, with others between', async () => {
  const { rows, names, hasSplits, otherColumns } = await read('Split,author,labels,IMAGE\nval,me,b|a,x.png\n');
  expect(rows).toEqual([{ image: 'x.png', labels: [0, 1], split: 'validation', line: 2 }]);
  expect(names).toEqual(['b', 'a']);
  expect(hasSplits).toBe(true);
  expect(otherColumns).toEqual(['author']);
});

test('byte order mark, CRLF, blank lines, spaces, no last line break: read as if they were not there', async () => {
  const plain = await read('image,labels\na.png,x|y\nb.png,y\n');
  const { rows, names } = await read('\uFEFFimage, labels\r\na.png, x | y \r\n\r\nb.png,y');
  expect(names).toEqual(plain.names);
  expect(rows.map(({ line: _, ...row }) => row)).toEqual(plain.rows.map(({ line: _, ...row }) => row));
  expect(rows.map(({ line }) => line)).toEqual([2, 4]);
});

test('quoted cells: commas, quotes and line breaks; lines are counted to where a row starts', async () => {
  const { names, rows } = await read('image,labels\na.png,"red, dark|say ""hi"""\n"b\n.png",c\nd.png,c\n');
  expect(names).toEqual(['red, dark', 'say "hi"', 'c']);
  expect(rows.map(({ line }) => line)).toEqual([2, 3, 5]);
});

test('an empty cell is an image without labels', async () => {
  expect((await read('image,labels\na.png,\nb.png,x\n')).rows[0]?.labels).toEqual([]);
});

test('another separator', async () => {
  expect((await read('image,labels\na.png,x y|z\n', ' ')).names).toEqual(['x', 'y|z']);
});

test('all faulty rows are told at once, with their lines', async () => {
  const error = await refused('image,labels,split\na.png,x,train\na.png,x,test\nb.png,x||y,trian\n,x,val\nc.png,x\n');
  expect(error.code).toBe('table-rows-invalid');
  expect(error.place).toEqual({ file: 'labels.csv', line: 3 });
  expect(error.found.split('\n').map((line) => line.trim())).toEqual([
    '6 problems',
    'labels.csv:3: "a.png" again (first at line 2)',
    'labels.csv:4: an empty label in "x||y"',
    'labels.csv:4: split "trian", expected train, val or test',
    'labels.csv:5: no image',
    'labels.csv:6: 2 cells, the header has 3 (quote a cell that holds a comma)',
    'labels.csv:6: split "", expected train, val or test',
  ]);
});

test('of many faulty rows the first ten are listed and the rest counted', async () => {
  const error = await refused(`image,labels\n${'a.png,x\n'.repeat(31)}`);
  expect(error.found).toMatch(/^30 problems\n/);
  expect(error.found).toContain('labels.csv:12:');
  expect(error.found).not.toContain('labels.csv:13:');
  expect(error.found).toMatch(/and 20 more$/);
});

test.each([
  ['an empty file', '', 'table-columns-invalid', 1],
  ['a missing column', 'image,tags\na.png,x\n', 'table-columns-invalid', 1],
  ['a column twice', 'image,labels,image\na.png,x,b\n', 'table-columns-invalid', 1],
  ['no header', 'a.png,x\nb.png,y\n', 'table-columns-invalid', 1],
  ['no rows', 'image,labels\n', 'table-empty', undefined],
  ['no label at all', 'image,labels\na.png,\nb.png,\n', 'table-empty', undefined],
  ['a quote that never ends', 'image,labels\na.png,"x\nb.png,y\n', 'table-text-invalid', 2],
])('%s', async (_, text, code, line) => {
  const error = await refused(text);
  expect(error.code).toBe(code);
  expect(error.place?.line).toBe(line);
});

test('semicolons for commas: the remedy says so', async () => {
  expect((await refused('image;labels\na.png;x\n')).remedy).toContain('commas');
});

test('Latin-1 and UTF-16 are named, with the line', async () => {
  const latin = Uint8Array.from(Buffer.from('image,labels\na.png,x\nb.png,caf\xe9\n', 'latin1'));
  expect((await refused(latin)).place).toEqual({ file: 'labels.csv', line: 3 });
  const wide = Uint8Array.from(Buffer.from('\uFEFFimage,labels\n', 'utf16le'));
  expect((await refused(wide)).found).toContain('UTF-16');
});

test('whatever the bytes, a table or an error of ours', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.string({ unit: 'binary' })), async (junk) => {
      const bytes = typeof junk === 'string' ? new TextEncoder().encode(`image,labels\n${junk}`) : junk;
      await read(bytes).catch((error: unknown) => {
        expect(error).toBeInstanceOf(CounterweightError);
      });
    }),
  );
});
