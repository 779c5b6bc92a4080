import { chmod, mkdir, readdir, readFile, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { join, sep } from 'node:path';

import { CounterweightError } from '@counterweight/core';
import { readLabelTable } from '@counterweight/label-table';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { collectingLogger, grey, noise, plain, temporaryFolder } from './fixtures/pictures.js';
import { readImageFolder } from './image-folder.js';
import type { ImageSource } from './image-source.js';
import { options, type FolderOptions } from './options.js';

let base: string;
let folder: string;
let logger: ReturnType<typeof collectingLogger>;
beforeEach(async () => {
  base = await temporaryFolder();
  folder = join(base, 'images');
  await mkdir(folder);
  logger = collectingLogger();
});
const opened: ImageSource[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((source) => source.close()));
  await rm(base, { recursive: true });
});

const write = (name: string, bytes: Uint8Array | string): Promise<void> => writeFile(join(folder, name), bytes);
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

async function open(
  names: readonly string[],
  given: Partial<FolderOptions> = {},
  cache: string | null = join(base, 'cache'),
): Promise<ImageSource> {
  const file = join(base, 'labels.csv');
  await writeFile(file, `image,labels\n${names.map((name) => `${quoted(name)},x\n`).join('')}`);
  const parsed = options.parse({ images: '.', labels: '.', size: 8, ...given }) as FolderOptions;
  const table = await readLabelTable(file, { ...parsed, key: 'image', keyRequired: true } as never);
  const source = await readImageFolder(folder, table, parsed, cache, logger);
  opened.push(source);
  return source;
}

async function refused(names: readonly string[], given: Partial<FolderOptions> = {}): Promise<CounterweightError> {
  const error: unknown = await open(names, given).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(error instanceof CounterweightError)) throw new Error('not refused', { cause: error });
  expect(error.exit).toBe(3);
  return error;
}

/** The first byte of every image, in the order of the table. */
async function levels(source: ImageSource): Promise<number[]> {
  const [height, width, channels] = source.shape;
  const frame = height * width * channels;
  const into = new Uint8Array(source.contents.length * frame);
  await source.read(Int32Array.from(source.contents.keys()), into);
  return Array.from(source.contents.keys(), (i) => into[i * frame]!);
}

describe('pixels', () => {
  test('sub-folders, mixed formats, told by content and not by name, in the order of the table', async () => {
    await mkdir(join(folder, 'sub', 'deeper'), { recursive: true });
    await plain(8, 8, 30, 30, 30)
      .webp({ lossless: true })
      .toFile(join(folder, 'sub', 'deeper', 'c.webp'));
    await write('b.jpg', await grey(20));
    await write('sub/a', await plain(8, 8, 10, 10, 10).gif().toBuffer());
    const source = await open(['sub/deeper/c.webp', 'b.jpg', 'sub/a']);
    expect(source.shape).toEqual([8, 8, 1]);
    expect(await levels(source)).toEqual([30, 20, 10]);
  });

  test('one channel only when every image is grey, or when asked; into bytes and into floats', async () => {
    await write('grey.png', await grey(90));
    await write('tinted.png', await plain(8, 8, 90, 90, 91).png().toBuffer());
    expect((await open(['grey.png'])).shape).toEqual([8, 8, 1]);
    expect((await open(['grey.png', 'tinted.png'])).shape).toEqual([8, 8, 3]);
    const inColour = await open(['grey.png', 'tinted.png'], { channels: 3 });
    for (const into of [new Uint8Array(2 * 192), new Float32Array(2 * 192)]) {
      await inColour.read(Int32Array.of(1, 0), into);
      expect([...into.subarray(0, 3), ...into.subarray(192, 195)]).toEqual([90, 90, 91, 90, 90, 90]);
    }
    expect(await levels(await open(['tinted.png'], { channels: 1 }))).toEqual([90]);
  });

  test('names with spaces, quotes, commas, line breaks and emoji', async () => {
    const names = ['a b.png', 'a"b".png', 'a,b.png', 'a\nb.png', '🦊 é.png', "'.png", '-rf.png', '$(x).png'];
    await Promise.all(names.map(async (name, i) => write(name, await grey(i))));
    expect(await levels(await open(names))).toEqual([...names.keys()]);
  });

  test('equal content under two names has one number', async () => {
    await write('a.png', await grey(1));
    await write('b.png', await grey(2));
    await write('c.png', await grey(1));
    const { contents } = await open(['a.png', 'b.png', 'c.png']);
    expect([...contents]).toEqual([0, 1, 0]);
  });
});

describe('what cannot be used', () => {
  test('missing images are all told before one is decoded', async () => {
    await write('broken.png', 'no image');
    await mkdir(join(folder, 'x.png'));
    const error = await refused(['a.png', 'broken.png', 'x.png', 'b.png', 'x'.repeat(300), 'broken.png/a.png']);
    expect(error.code).toBe('images-missing');
    expect(error.place).toEqual({ file: join(base, 'labels.csv'), line: 2 });
    expect(error.found.split('\n').map((line) => line.trim().replace(`${base}/`, ''))).toEqual([
      '5 problems',
      'labels.csv:2: "a.png": not there',
      'labels.csv:4: "x.png": a folder, not a file',
      'labels.csv:5: "b.png": not there',
      `labels.csv:6: "${'x'.repeat(59)}…": too long for the name of a file`,
      'labels.csv:7: "broken.png/a.png": not there',
    ]);
  });

  test.skipIf(sep === '\\')('paths of Windows: what stands between folders is told', async () => {
    expect((await refused(['sub\\a.png'])).found).toContain('not there; / stands between folders');
  });

  const hostile = async (): Promise<string[]> => {
    const bytes = await noise(64).png().toBuffer();
    await write('whole.png', bytes);
    await write('cut.png', bytes.subarray(0, bytes.length / 2));
    await write('cut.jpg', (await sharp(bytes).jpeg().toBuffer()).subarray(0, 700));
    await write('empty.png', '');
    await write('text.jpg', 'hello');
    return ['whole.png', 'cut.png', 'cut.jpg', 'empty.png', 'text.jpg'];
  };

  test('unreadable images are all told: empty, cut short, of another kind', async () => {
    const error = await refused(await hostile());
    expect(error.code).toBe('images-unreadable');
    expect(error.found).toContain('4 problems');
    expect(error.found).toMatch(/labels.csv:3: "cut.png": .+\n.+labels.csv:4: "cut.jpg": .+/);
    expect(error.found).toContain('labels.csv:5: "empty.png": an empty file');
    expect(error.found).toContain('labels.csv:6: "text.jpg": not a PNG, JPEG, WebP or GIF file');
  });

  test('with strict: false they are left out, counted and listed, missing ones too', async () => {
    const source = await open([...(await hostile()), 'gone.png'], { strict: false });
    expect(source.table.ids).toEqual(['whole.png']);
    expect(source.table.labels.rows).toBe(1);
    expect(source.notices).toEqual([
      '1 row left out whose images cannot be found: line 7, "gone.png": not there.',
      expect.stringMatching(/^4 rows left out whose images cannot be decoded: line 3, "cut.png": .*"text.jpg"/),
    ]);
  });

  test('nothing outside the folder is read, however the table spells it', async () => {
    await writeFile(join(base, 'secret.png'), await grey(0));
    for (const name of [
      '../secret.png',
      'x/../../secret.png',
      join(base, 'secret.png'),
      '..',
      '.',
      '/',
      '/etc/passwd',
    ]) {
      const error = await refused([name]);
      expect(error.code).toBe('images-missing');
      expect(error.found).toContain('leads out of the folder');
    }
  });

  test('links are followed inside the folder and not out of it', async () => {
    await writeFile(join(base, 'secret.png'), await grey(0));
    await mkdir(join(base, 'outside'));
    await writeFile(join(base, 'outside', 'a.png'), await grey(0));
    await write('real.png', await grey(5));
    await symlink('real.png', join(folder, 'inside.png'));
    await symlink('../secret.png', join(folder, 'link.png'));
    await symlink('../outside', join(folder, 'linked'));
    await symlink('circle.png', join(folder, 'circle.png'));
    await symlink('gone.png', join(folder, 'nowhere.png'));
    expect(await levels(await open(['inside.png']))).toEqual([5]);
    const { found } = await refused(['link.png', 'linked/a.png', 'circle.png', 'nowhere.png']);
    expect(found).toContain('"link.png": leads out of the folder of images');
    expect(found).toContain('"linked/a.png": leads out of the folder of images');
    expect(found).toContain('"circle.png": a circle of links');
    expect(found).toContain('"nowhere.png": not there');
  });

  test('the folder itself may be a link', async () => {
    await write('a.png', await grey(5));
    await symlink(folder, join(base, 'link'));
    folder = join(base, 'link');
    expect(await levels(await open(['a.png']))).toEqual([5]);
  });

  test('a pipe is refused and never waited for', async () => {
    execFileSync('mkfifo', [join(folder, 'x.png')]);
    expect((await refused(['x.png'])).found).toContain('"x.png": not a regular file');
  });

  test('a file without the right to read it', async () => {
    await write('closed.png', await grey(1));
    await chmod(join(folder, 'closed.png'), 0);
    await chmod(base, 0o777);
    // Root may read everything: be nobody for a while.
    const root = process.geteuid!() === 0;
    await grey(1);
    if (root) process.seteuid!(65_534);
    try {
      expect((await refused(['closed.png'])).found).toContain('"closed.png": no permission to read it');
    } finally {
      if (root) process.seteuid!(0);
    }
  });

  test('one file under two spellings is one image twice', async () => {
    await write('a.png', await grey(0));
    expect((await refused(['a.png', './a.png'])).found).toContain('"./a.png": again (first at line 2)');
    expect((await open(['a.png', './a.png'], { strict: false })).table.ids).toEqual(['a.png']);
  });
});

describe('decoded once', () => {
  const decodedNow = (): string[] => {
    const told = logger.infos.splice(0).filter((line) => line.startsWith('decoded '));
    return told.map((line) => line.replace(/ in .*/, ''));
  };
  /** Times that lie back far enough to be trusted. */
  const settle = (name: string): Promise<void> => utimes(join(folder, name), 1e9, 1e9);
  const names = ['a.png', 'b.png', 'c.png'];
  beforeEach(() => Promise.all(names.map(async (name, i) => write(name, await grey(i + 1)))));

  test('a second start decodes nothing; a new image only itself; another size or fit all', async () => {
    const first = await open(names);
    expect(decodedNow()).toEqual(['decoded 3 of 3 images']);
    const again = await open(names);
    expect(decodedNow()).toEqual([]);
    expect(again.fingerprint).toBe(first.fingerprint);
    expect(await levels(again)).toEqual([1, 2, 3]);
    await write('d.png', await grey(4));
    expect(await levels(await open([...names, 'd.png']))).toEqual([1, 2, 3, 4]);
    expect(decodedNow()).toEqual(['decoded 1 of 4 images']);
    await open(names, { size: 9 });
    expect(decodedNow()).toEqual(['decoded 3 of 3 images']);
    await open(names, { fit: 'cover' });
    expect(decodedNow()).toEqual(['decoded 3 of 3 images']);
  });

  test('a moved or copied file is known by its content', async () => {
    await open(names);
    decodedNow();
    await mkdir(join(folder, 'moved'));
    await write('moved/other.png', await readFile(join(folder, 'b.png')));
    expect(await levels(await open(['moved/other.png']))).toEqual([2]);
    expect(decodedNow()).toEqual([]);
  });

  test('a changed image is decoded again, also when its size and its time of change stay', async () => {
    await Promise.all(names.map(settle));
    const before = await open(names);
    const other = await grey(7);
    expect(other.length).toBe((await readFile(join(folder, 'a.png'))).length);
    await write('a.png', other);
    await settle('a.png');
    const after = await open(names);
    expect(after.fingerprint).not.toBe(before.fingerprint);
    expect(await levels(after)).toEqual([7, 2, 3]);
  });

  test('damaged pixels are decoded again from the file; if that changed as well, the run ends', async () => {
    const decoded = async (): Promise<string> => {
      const [settings = ''] = (await readdir(join(base, 'cache'))).filter((name) => name.startsWith('8x8-'));
      const [segment = ''] = await readdir(join(base, 'cache', settings));
      return join(base, 'cache', settings, segment);
    };
    await (await open(names)).close();
    const segment = await decoded();
    const source = await open(names);
    await writeFile(segment, new Uint8Array(20), { flag: 'r+' });
    expect(await levels(source)).toEqual([1, 2, 3]);
    expect(logger.warnings).toEqual([expect.stringContaining(segment)]);
    decodedNow();
    const next = await open(names);
    expect(decodedNow()).toEqual(['decoded 3 of 3 images']);
    await truncate(await decoded(), 10);
    await write('a.png', await grey(9));
    await expect(next.read(Int32Array.of(0), new Uint8Array(64))).rejects.toMatchObject({ code: 'images-changed' });
  });

  test('what was decoded before an error is kept', async () => {
    await write('broken.png', (await noise(64).png().toBuffer()).subarray(0, 5000));
    await refused([...names, 'broken.png']);
    decodedNow();
    await open(names);
    expect(decodedNow()).toEqual([]);
  });

  test('without a cache nothing is written', async () => {
    expect(await levels(await open(names, {}, null))).toEqual([1, 2, 3]);
    expect((await readdir(base)).sort()).toEqual(['images', 'labels.csv']);
  });

  test('a cache that cannot be written is told, and the images are used all the same', async () => {
    await writeFile(join(base, 'cache'), 'a file');
    expect(await levels(await open(names))).toEqual([1, 2, 3]);
    expect(logger.warnings).toEqual([expect.stringContaining('cannot be kept')]);
  });
});
