import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { CounterweightError, rowOf } from '@counterweight/core';
import { afterAll, describe, expect, test } from 'vitest';

import { keepExamples, readLabelTable, type LabelTable } from './label-table.js';
import type { TableOptions } from './row.js';

const folder = mkdtempSync(join(tmpdir(), 'label-table-'));
afterAll(() => rmSync(folder, { recursive: true }));

const write = (name: string, content: string | Uint8Array): string => {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
};

const defaults: TableOptions = { separator: '|', unlisted: 'negative', strict: true, key: 'image', keyRequired: true };

const read = (content: string | Uint8Array, options: Partial<TableOptions> = {}, name = 'labels.csv') =>
  readLabelTable(write(name, content), { ...defaults, ...options });
const readJson = (lines: readonly unknown[], options: Partial<TableOptions> = {}) =>
  read(lines.map((line) => JSON.stringify(line)).join('\n'), options, 'labels.jsonl');

async function refused(promise: Promise<unknown>): Promise<CounterweightError> {
  const error: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(error instanceof CounterweightError)) throw new Error('not refused', { cause: error });
  return error;
}

/** What an error found, line by line, without the folder of the test. */
const told = ({ found }: CounterweightError): string[] =>
  found.split('\n').map((line) => line.trim().replaceAll(`${folder}/`, ''));

/** The labels of every row, by name; soft targets after a colon. */
const labelsOf = ({ classes, labels }: LabelTable): string[][] =>
  Array.from({ length: labels.rows }, (_, row) =>
    Array.from(rowOf(labels.positives, row), (column, i) => {
      const target = labels.positives.values?.[labels.positives.offsets[row]! + i];
      return `${classes[column]!}${target === undefined ? '' : `:${target}`}`;
    }),
  );
const exceptionsOf = ({ classes, labels }: LabelTable): string[][] =>
  Array.from({ length: labels.rows }, (_, row) =>
    labels.exceptions ? Array.from(rowOf(labels.exceptions, row), (column) => classes[column]!) : [],
  );

describe('CSV with labels in a cell', () => {
  test('columns by name, in any order and case, with others between', async () => {
    const table = await read('Split,author,labels,IMAGE\nval,me,b|a,x.png\n');
    expect(table.ids).toEqual(['x.png']);
    expect(labelsOf(table)).toEqual([['a', 'b']]);
    expect(table.classes).toEqual(['a', 'b']);
    expect([...table.splits!]).toEqual([1]);
    expect([...table.lines]).toEqual([2]);
    expect(table.notices).toEqual(['Columns that are not read: "author".']);
  });

  test.each(['\n', '\r\n', '\r'])(
    'line ends %j, byte order mark, blank lines, spaces, no last line end',
    async (end) => {
      const table = await read(['\uFEFFimage, labels', 'a.png, x | y ', '', '  ', 'b.png,y'].join(end));
      expect(table.ids).toEqual(['a.png', 'b.png']);
      expect(labelsOf(table)).toEqual([['x', 'y'], ['y']]);
      expect([...table.lines]).toEqual([2, 5]);
      expect(table.notices).toEqual([]);
    },
  );

  test('quoted cells: commas, quotes and line breaks; lines are counted to where a row starts', async () => {
    const table = await read('image,labels\na.png,"red, dark|say ""hi"""\n"b\n.png",c\nd 5".png, "c" \n');
    expect(labelsOf(table)).toEqual([['red, dark', 'say "hi"'], ['c'], ['c']]);
    expect(table.ids).toEqual(['a.png', 'b\n.png', 'd 5".png']);
    expect([...table.lines]).toEqual([2, 3, 5]);
  });

  test.each(['', 'a', 'ab', 'abc'])(
    'a character is whole wherever a block of a megabyte ends: after %j',
    async (before) => {
      const smiles = '😀'.repeat(300_000);
      const table = await read(`image,labels\r\na,"${before}${smiles}|""x"""\r\nb,"x|é"\r\n`);
      expect(table.classes).toEqual(['"x"', `${before}${smiles}`, 'x', 'é'].sort());
      expect([...table.lines]).toEqual([2, 3]);
    },
  );

  test('an empty cell is an example without labels; a label written twice counts once', async () => {
    expect(labelsOf(await read('image,labels\na.png,\nb.png,x|y|x\n'))).toEqual([[], ['x', 'y']]);
  });

  test('a label of spaces is an empty one, however many', async () => {
    expect((await refused(read('image,labels\na,x|     |y\n'))).found).toContain('an empty label in "x|     |y"');
  });

  test('another separator', async () => {
    expect((await read('image,labels\na.png,x y|z\n', { separator: ' ' })).classes).toEqual(['x', 'y|z']);
  });

  test('unknown entries; with `unlisted: unknown` the column negative lists what is known', async () => {
    const text = 'image,labels,unknown,negative\na,x,y|z,\nb,y,,x\n';
    const usual = await read(text);
    expect(usual.labels.unlisted).toBe('negative');
    expect(exceptionsOf(usual)).toEqual([['y', 'z'], []]);
    const turned = await read(text, { unlisted: 'unknown' });
    expect(turned.labels.unlisted).toBe('unknown');
    expect(exceptionsOf(turned)).toEqual([[], ['x']]);
  });

  test('groups by name, weights; an empty cell is a group of its own and weight 1', async () => {
    const table = await read('image,labels,group,weight\na,x,g,0.5\nb,x,,2e0\nc,x, g ,\nd,x,,0\n');
    const [a, b, c, d] = table.groups!;
    expect(c).toBe(a);
    expect(new Set([a, b, d]).size).toBe(3);
    expect([...table.exampleWeights!]).toEqual([0.5, 2, 1, 0]);
  });

  test('names that JavaScript knows are names like others', async () => {
    const table = await read('image,labels,unknown\n__proto__,__proto__|constructor,toString\nconstructor,toString,\n');
    expect(table.classes).toEqual(['__proto__', 'constructor', 'toString']);
    expect(labelsOf(table)).toEqual([['__proto__', 'constructor'], ['toString']]);
    expect(exceptionsOf(table)).toEqual([['toString'], []]);
  });

  test('gzip is unpacked; a table without keys is one by rows', async () => {
    const table = await read(gzipSync('labels\nx\ny\n'), { keyRequired: false, key: 'id' }, 'labels.csv.gz');
    expect(table.ids).toEqual(['', '']);
    expect(table.classes).toEqual(['x', 'y']);
  });

  test('labels that were perhaps not split are noticed', async () => {
    expect((await read('image,labels\na.png,"x,y"\nb.png,"x,z"\n')).notices.join()).toContain("separator: ','");
    expect((await read('image,labels\na.png,"x,y|z"\nb.png,"x,z"\n')).notices).toEqual([]);
  });
});

describe('CSV with a column per class', () => {
  test('0, 1, soft, unknown in its spellings', async () => {
    const table = await read('image,b,a,split,c\nx,1,0,test,0.25\ny,,?,train,1\nz, -1.0 ,unknown,val,True\n');
    expect(table.classes).toEqual(['a', 'b', 'c']);
    expect(labelsOf(table)).toEqual([['b:1', 'c:0.25'], ['c:1'], ['c:1']]);
    expect(exceptionsOf(table)).toEqual([[], ['a', 'b'], ['a', 'b']]);
    expect([...table.splits!]).toEqual([2, 0, 1]);
  });

  test('with `unlisted: unknown` the zeros are the exceptions', async () => {
    const table = await read('image,a,b\nx,1,0\ny,,0\n', { unlisted: 'unknown' });
    expect(exceptionsOf(table)).toEqual([['b'], ['b']]);
  });

  test('without soft targets there are none to hold; a class without positives is a class', async () => {
    const table = await read('image,a,__proto__,b\nx,1,1,0\n');
    expect(table.labels.positives.values).toBeUndefined();
    expect(table.classes).toEqual(['__proto__', 'a', 'b']);
  });

  test('a class list says which columns are classes; one without a column is refused', async () => {
    const text = 'image,width,a,b\nx,640,1,0\n';
    const table = await read(text, { classes: write('classes.txt', 'b\na\n') });
    expect(table.classes).toEqual(['b', 'a']);
    expect(table.notices).toEqual(['Columns that are not read: "width".']);
    const more = { classes: write('classes.txt', 'b\na\nc\n') };
    expect((await refused(read(text, more))).found).toContain('no column for 1 class of the class list: "c"');
    expect((await read(text, { ...more, strict: false })).classes).toEqual(['b', 'a', 'c']);
  });

  test('cells that are no target, with their column', async () => {
    const error = await refused(read('image,a,b\nx,1,2\ny,1,-0.5\nz,"0,5",0\n'));
    expect(told(error).slice(1)).toEqual([
      'labels.csv:2: "2" for "b": expected 0 to 1, or nothing for unknown',
      'labels.csv:3: "-0.5" for "b": expected 0 to 1, or nothing for unknown',
      'labels.csv:4: "0,5" for "a": expected 0 to 1, or nothing for unknown',
    ]);
  });
});

describe('JSON Lines', () => {
  test('all members; numbers name things too; the others are noticed', async () => {
    const table = await readJson([
      { image: 'a', labels: ['y', ' x '], unknown: ['z'], split: 'TRAIN', group: 7, weight: 2, author: 'me' },
      { image: 8, labels: [], split: 'val', group: '7' },
    ]);
    expect(table.ids).toEqual(['a', '8']);
    expect(labelsOf(table)).toEqual([['x', 'y'], []]);
    expect(exceptionsOf(table)).toEqual([['z'], []]);
    expect([...table.splits!]).toEqual([0, 1]);
    expect([...table.groups!]).toEqual([0, 0]);
    expect([...table.exampleWeights!]).toEqual([2, 1]);
    expect([...table.lines]).toEqual([1, 2]);
    expect(table.notices).toEqual(['Columns that are not read: "author".']);
  });

  test('soft targets by class, whatever its name', async () => {
    const file = write('soft.ndjson', '{"id":"a","labels":{"b":0.5,"__proto__":1}}\n\n{"image":"b","labels":["b"]}\n');
    const table = await readLabelTable(file, { ...defaults, key: 'id' });
    expect(labelsOf(table)).toEqual([['__proto__:1', 'b:0.5'], ['b:1']]);
    expect(table.ids).toEqual(['a', 'b']);
    expect([...table.lines]).toEqual([1, 3]);
  });

  test('every kind of fault, told by line', async () => {
    const text = [
      '{"image":"a","labels":["x"]}',
      '{"image":"b","labels":["x"]',
      '[1]',
      '{"image":"c"}',
      '{"image":{},"labels":["x"]}',
      '{"image":"d","labels":[["x"]]}',
      '{"image":"e","labels":{"x":1.5,"y":"1"}}',
      '{"image":"f","labels":["x"],"split":"train"}',
      '{"image":"g","labels":["x"],"weight":-1}',
      '{"image":"h","labels":["\\ud800"]}',
      '['.repeat(100_000),
    ].join('\n');
    expect(told(await refused(read(text, {}, 'labels.jsonl')))).toEqual([
      '12 problems',
      expect.stringMatching(/^labels.jsonl:2: not JSON: /),
      'labels.jsonl:3: a list, expected an object',
      'labels.jsonl:4: no labels (none: "labels": [])',
      'labels.jsonl:5: image: an object, expected text or a number',
      'labels.jsonl:5: no image',
      'labels.jsonl:6: labels: a list, expected a list of classes',
      'labels.jsonl:7: target 1.5 of "x", expected a number above 0, at most 1',
      'labels.jsonl:7: target "1" of "y", expected a number above 0, at most 1',
      'labels.jsonl:8: a split, line 1 has none',
      'labels.jsonl:9: weight "-1", expected a number of at least 0',
      'and 2 more',
    ]);
  });
});

describe('faulty rows', () => {
  const text = 'image,labels,split\na.png,x,train\na.png,x,test\nb.png,x||y,trian\n,x,val\nc.png,x\nd.png,z,test\n';

  test('are told at once, with their lines', async () => {
    const error = await refused(read(text));
    expect(error.code).toBe('table-rows-invalid');
    expect(error.exit).toBe(3);
    expect(error.place?.line).toBe(3);
    expect(told(error)).toEqual([
      '6 problems',
      'labels.csv:3: "a.png" again (first at line 2)',
      'labels.csv:4: an empty label in "x||y"',
      'labels.csv:4: split "trian", expected train, val or test',
      'labels.csv:5: no image',
      'labels.csv:6: 2 cells, the header has 3 (quote a cell that holds a comma)',
      'labels.csv:6: split "", expected train, val or test',
    ]);
  });

  test('with `strict: false` they are left out, with the classes that only they have', async () => {
    const table = await read(text, { strict: false });
    expect(table.ids).toEqual(['a.png', 'd.png']);
    expect(table.classes).toEqual(['x', 'z']);
    expect([...table.splits!]).toEqual([0, 2]);
    expect(table.notices).toEqual([expect.stringMatching(/^4 rows left out: line 3: "a.png" again .* and 1 more\.$/)]);
  });

  test('of many the first ten are listed and the rest counted', async () => {
    const error = await refused(read(`image,labels\n${'a.png,x\n'.repeat(31)}`));
    expect(error.found).toMatch(/^30 problems\n/);
    expect(error.found).toContain('labels.csv:12:');
    expect(error.found).not.toContain('labels.csv:13:');
    expect(error.found).toMatch(/and 20 more$/);
  });

  test.each(['-1', 'NaN', 'inf', '1e300', '0x10', 'heavy'])('weight %s is refused', async (weight) => {
    expect((await refused(read(`image,labels,weight\na,x,${weight}\n`))).found).toContain(`weight "${weight}"`);
  });

  test('a class in two states is refused', async () => {
    const error = await refused(read('image,labels,unknown,negative\na,x|y,x,\nb,x,y,y\n'));
    expect(told(error).slice(1)).toEqual([
      'labels.csv:2: "x" is both positive and unknown',
      'labels.csv:3: "y" is both unknown and negative',
    ]);
  });
});

describe('a class list', () => {
  test.each([
    ['classes.txt', '\uFEFFzebra\r\n\r\n ant \r\nred, dark\r\n'],
    ['classes.csv', 'note,Class\n,zebra\n1,ant\n,"red, dark"\n'],
  ])('%s fixes classes and their order', async (name, list) => {
    const table = await read('image,labels\na,ant|zebra\n', { classes: write(name, list) });
    expect(table.classes).toEqual(['zebra', 'ant', 'red, dark']);
    expect([...rowOf(table.labels.positives, 0)]).toEqual([0, 1]);
  });

  test('labels outside it are refused, or ignored and counted', async () => {
    const classes = write('classes.txt', 'ant\nzebra\n');
    const text = 'image,labels\na,Ant|zebra\nb,bee|bee\n';
    expect(told(await refused(read(text, { classes }))).slice(1)).toEqual([
      'labels.csv:2: "Ant" is not in the class list, "ant" is',
      'labels.csv:3: "bee" is not in the class list',
      'labels.csv:3: "bee" is not in the class list',
    ]);
    const table = await read(text, { classes, strict: false });
    expect(labelsOf(table)).toEqual([['zebra'], []]);
    expect(table.notices).toEqual(['3 labels of rows ignored, not in the class list: "Ant" (1), "bee" (2).']);
  });

  test.each([
    ['a class twice', 'a\nb\na\n', '"a" again (first at line 1)'],
    ['an empty cell', 'class,n\na,1\n,2\n', 'no class'],
    ['nothing', '\n', 'no class'],
  ])('%s is refused', async (_, list, found) => {
    const error = await refused(read('image,labels\na,a\n', { classes: write('classes.txt', list) }));
    expect(error.code).toBe('class-list-invalid');
    expect(error.found).toContain(found);
  });
});

test.each([
  ['an empty file', '', 'table-columns-invalid', 1],
  ['a missing column', 'image,tags\na.png,x\n', 'table-columns-invalid', 1],
  ['a column twice', 'image,labels,image\na.png,x,b\n', 'table-columns-invalid', 1],
  ['a class twice', 'image,a,a\na.png,1,0\n', 'table-columns-invalid', 1],
  ['no header', 'a.png,x\nb.png,y\n', 'table-columns-invalid', 1],
  ['no rows', 'image,labels\n', 'table-empty', undefined],
  ['no label at all', 'image,labels\na.png,\nb.png,\n', 'table-empty', undefined],
  ['a quote that never ends', 'image,labels\na.png,"x\nb.png,y\n', 'table-text-invalid', 2],
  ['text after a quote', 'image,labels\na.png,"x"y\nb.png,y\n', 'table-text-invalid', 2],
  ['a NUL', 'image,labels\na.png,x\nb.png,\0\n', 'table-text-invalid', 3],
  ['UTF-16', Buffer.from('\uFEFFimage,labels\n', 'utf16le'), 'table-text-invalid', 1],
  ['Latin-1', Buffer.from('image,labels\na.png,x\nb.png,caf\xe9\n', 'latin1'), 'table-text-invalid', 3],
  ['a character cut off', Buffer.from('image,labels\na.png,é').subarray(0, -1), 'table-text-invalid', 2],
  ['an Excel workbook', Buffer.from('PK\x03\x04…'), 'table-text-invalid', 1],
  ['gzip by another name', gzipSync('image,labels\na,x\n'), 'table-text-invalid', 1],
  ['a row without end', `image,labels\na,${'x|'.repeat(9_000_000)}`, 'table-text-invalid', 2],
])('%s', async (_, content, code, line) => {
  const error = await refused(read(content));
  expect(error.code).toBe(code);
  expect(error.place?.line).toBe(line);
});

test('semicolons for commas, JSON in a .csv: the remedy says so', async () => {
  expect((await refused(read('image;labels\na.png;x\n'))).remedy).toContain('commas');
  expect((await refused(read('{"image":"a","labels":["x"]}\n'))).remedy).toContain('labels.jsonl');
});

test('a missing file, a folder, and what only claims to be gzip', async () => {
  expect((await refused(readLabelTable(join(folder, 'none.csv'), defaults))).code).toBe('table-unreadable');
  expect((await refused(readLabelTable(folder, defaults))).found).toBe('not a file');
  expect((await refused(read('image,labels\n', {}, 'labels.csv.gz'))).code).toBe('table-text-invalid');
  const cut = gzipSync('image,labels\na,x\n'.repeat(99)).subarray(0, 40);
  expect((await refused(read(cut, {}, 'labels.csv.gz'))).code).toBe('table-text-invalid');
});

test('kept examples keep all that the table says of them', async () => {
  const table = await read(
    'image,labels,split,group,weight,unknown\na,x,train,g,1,\nb,y,val,h,2,x\nc,x|y,test,g,3,z\n',
  );
  const kept = keepExamples(table, Int32Array.of(1, 2));
  expect(kept.ids).toEqual(['b', 'c']);
  expect([...kept.lines]).toEqual([3, 4]);
  expect(labelsOf(kept)).toEqual([['y'], ['x', 'y']]);
  expect(exceptionsOf(kept)).toEqual([['x'], ['z']]);
  expect([...kept.splits!, ...kept.groups!, ...kept.exampleWeights!]).toEqual([1, 2, 1, 0, 2, 3]);
});
