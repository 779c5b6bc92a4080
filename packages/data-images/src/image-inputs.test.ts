import { execFileSync } from 'node:child_process';
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { CounterweightError, randomStream, type Inputs } from '@counterweight/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { collectingLogger, grey, noise, plain, temporaryFolder } from './fixtures/pictures.js';
import images from './index.js';
import { options } from './options.js';

let base: string;
let folder: string;
let logger: ReturnType<typeof collectingLogger>;
beforeEach(async () => {
  base = await temporaryFolder();
  folder = join(base, 'images');
  await mkdir(folder);
  logger = collectingLogger();
});
afterEach(() => rm(base, { recursive: true }));

const write = (name: string, bytes: Uint8Array | string): Promise<void> => writeFile(join(folder, name), bytes);
const open = async (path: string, given: object = {}, shape = [8, 8, 1]): Promise<Inputs> =>
  images.inputs!(options.parse({ images: '.', labels: '.', size: 8, ...given }), {
    path,
    input: { shape, dtype: 'uint8' },
    logger,
  });
const ids = (inputs: Inputs): string[] => Array.from({ length: inputs.count }, (_, i) => inputs.id(i));

async function refused(path: string, given: object = {}): Promise<CounterweightError> {
  const error: unknown = await open(path, given).catch((error: unknown) => error);
  if (!(error instanceof CounterweightError)) throw new Error('not refused', { cause: error });
  return error;
}

describe('a folder', () => {
  test('all images, also below, sorted by path; other files are passed over', async () => {
    await mkdir(join(folder, 'b', 'deep'), { recursive: true });
    await mkdir(join(folder, '.hidden'));
    await write('b/deep/x.webp', await plain(8, 8, 3, 3, 3).webp({ lossless: true }).toBuffer());
    await write('b/a no extension', await grey(2));
    await write('c.png', await grey(4));
    await write('a.PNG', await grey(1));
    await write('labels.csv', 'image,labels\n');
    await write('.hidden/a.png', await grey(9));
    await write('._a.png', 'what a Mac leaves');
    const inputs = await open(folder);
    expect(ids(inputs)).toEqual(['a.PNG', 'b/a no extension', 'b/deep/x.webp', 'c.png']);
    const into = new Uint8Array(4 * 64);
    await inputs.read(Int32Array.of(3, 0, 1, 2), into);
    expect([0, 64, 128, 192].map((at) => into[at])).toEqual([4, 1, 2, 3]);
    expect(logger.warnings).toEqual([]);
  });

  test('the pixels that training sees, whatever the fit and the channels', async () => {
    await write('tinted.png', await noise(32).resize(32, 13).png().toBuffer());
    await write('grey.png', await grey(70, 11));
    await writeFile(join(base, 'labels.csv'), 'image,labels,split\ntinted.png,x,train\ngrey.png,x,train\n');
    for (const fit of ['contain', 'cover', 'stretch'])
      for (const channels of [1, 3]) {
        const given = { images: 'images', labels: 'labels.csv', size: 8, fit, channels, cache: 'cache' };
        const dataset = await images.create(options.parse(given), base, randomStream(1), logger, 'unused');
        const inputs = await open(folder, given, [8, 8, channels]);
        const [seen, read] = [new Uint8Array(2 * 64 * channels), new Uint8Array(2 * 64 * channels)];
        await dataset.read(Int32Array.of(0, 1), seen);
        await inputs.read(Int32Array.of(1, 0), read);
        await dataset.close();
        expect(read).toEqual(seen);
      }
  });

  const hostile = async (): Promise<void> => {
    await write('good.png', await grey(5));
    await write('empty.png', '');
    await write('text.jpg', 'hello');
    await write('new\nline "x".jpg', 'hello');
    await mkdir(join(folder, 'folder.png'));
    await writeFile(join(base, 'secret.png'), await grey(0));
    await symlink('../secret.png', join(folder, 'link.png'));
    await symlink('.', join(folder, 'circle'));
    await symlink('..', join(folder, 'up.png'));
    await symlink('self.png', join(folder, 'self.png'));
    execFileSync('mkfifo', [join(folder, 'pipe.png'), join(folder, 'pipe')]);
  };

  test('what is named like an image and is none is told, all at once; nothing hangs or leads out', async () => {
    await hostile();
    const error = await refused(folder);
    expect([error.code, error.exit]).toEqual(['inputs-invalid', 3]);
    expect(error.found.split('\n').map((line) => line.replace(`    ${folder}: `, ''))).toEqual([
      '7 problems',
      '"empty.png": an empty file',
      '"link.png": leads out of the folder of images',
      String.raw`"new\nline \"x\".jpg": not a PNG, JPEG, WebP or GIF file`,
      '"pipe.png": not a regular file',
      '"self.png": a circle of links',
      '"text.jpg": not a PNG, JPEG, WebP or GIF file',
      '"up.png": leads out of the folder of images',
    ]);
  });

  test('with strict: false it is left out, counted and listed', async () => {
    await hostile();
    const inputs = await open(folder, { strict: false });
    expect(ids(inputs)).toEqual(['good.png']);
    expect(logger.warnings).toEqual([expect.stringMatching(/^7 files left out: "empty.png": an empty file, /)]);
  });

  test('an image that turns out broken is named; with strict: false it is told by `unreadable`', async () => {
    const cut = (await noise(64).png().toBuffer()).subarray(0, 5000);
    await write('a.png', await grey(5));
    await write('cut.png', cut);
    const into = new Uint8Array(128);
    const strict = await open(folder);
    await expect(strict.read(Int32Array.of(0, 1), into)).rejects.toMatchObject({
      code: 'inputs-invalid',
      found: expect.stringContaining('cut.png') as string,
    });
    await write('list.txt', 'a.png\ncut.png\n');
    const listed = await open(join(folder, 'list.txt'));
    await expect(listed.read(Int32Array.of(1), into)).rejects.toMatchObject({ place: { line: 2 } });
    const tolerant = await open(folder, { strict: false });
    await tolerant.read(Int32Array.of(1, 0), into);
    await tolerant.read(Int32Array.of(1), into.subarray(0, 64));
    expect([...tolerant.unreadable!]).toEqual([1]);
    expect(into[64]).toBe(5);
    expect(logger.warnings).toEqual([expect.stringContaining('"cut.png"')]);
  });

  test('a link that takes the place of an image after it was found is not followed', async () => {
    await writeFile(join(base, 'secret.png'), await grey(7));
    await write('a.png', await grey(5));
    const inputs = await open(folder);
    await rm(join(folder, 'a.png'));
    await symlink('../secret.png', join(folder, 'a.png'));
    const into = new Uint8Array(64);
    await expect(inputs.read(Int32Array.of(0), into)).rejects.toMatchObject({
      found: expect.stringContaining('a link has taken its place') as string,
    });
    expect(into).toEqual(new Uint8Array(64));
  });

  test('without the right to look into it', async () => {
    await write('a.png', await grey(5));
    await mkdir(join(folder, 'closed'));
    await chmod(join(folder, 'closed'), 0);
    await chmod(base, 0o755);
    const root = process.geteuid!() === 0;
    if (root) process.seteuid!(65_534); // root may look into everything
    try {
      expect((await refused(folder)).found).toContain('"closed/": no permission to read it');
    } finally {
      if (root) process.seteuid!(0);
      await chmod(join(folder, 'closed'), 0o755);
    }
  });

  test('no image at all, or no such folder', async () => {
    expect((await refused(folder)).code).toBe('inputs-none');
    expect((await refused(join(base, 'nowhere'))).code).toBe('data-path-missing');
  });
});

describe('a list', () => {
  const list = async (name: string, text: string): Promise<string> => {
    await write(name, text);
    return join(folder, name);
  };
  beforeEach(async () => {
    await mkdir(join(folder, 'sub'));
    await write('sub/a b.png', await grey(1));
    await write('c,"d".png', await grey(2));
  });

  test.each([
    ['lines, with a byte order mark and CRLF', 'list.txt', '\uFEFFsub/a b.png\r\n\r\nc,"d".png\r\n'],
    ['no last line break', 'list', 'sub/a b.png\nc,"d".png'],
    ['CSV with other columns', 'list.csv', 'labels,Image\nx,sub/a b.png\ny,"c,""d"".png"\n'],
    ['JSON Lines', 'list.jsonl', '{"image":"sub/a b.png"}\n{"image":"c,\\"d\\".png","labels":[]}\n'],
  ])('%s', async (_, name, text) => {
    const inputs = await open(await list(name, text));
    expect(ids(inputs)).toEqual(['sub/a b.png', 'c,"d".png']);
    const into = new Uint8Array(128);
    await inputs.read(Int32Array.of(0, 1), into);
    expect([into[0], into[64]]).toEqual([1, 2]);
  });

  test('paths that lead out, name nothing or no image are told with their lines', async () => {
    await writeFile(join(base, 'secret.png'), await grey(0));
    const path = await list(
      'list.txt',
      `sub/a b.png\n../secret.png\n${join(base, 'secret.png')}\ngone.png\nlist.txt\nsub\n`,
    );
    const error = await refused(path);
    expect(error.place).toEqual({ file: path, line: 2 });
    expect(error.found.split('\n').map((line) => line.replace(/^.*list.txt:/, '').replace(base, ''))).toEqual([
      '5 problems',
      '2: "../secret.png": leads out of the folder of images',
      expect.stringMatching(/^3: .*: leads out of the folder of images$/),
      '4: "gone.png": not there',
      '5: "list.txt": not a PNG, JPEG, WebP or GIF file',
      '6: "sub": a folder, not a file',
    ]);
  });

  test.each([
    ['list.csv', 'file,labels\na,b\n', 'no column image'],
    ['list.jsonl', '{"file":"a.png"}\n', 'field image'],
    ['list.jsonl', '{', 'no JSON'],
    ['list.jsonl', 'null', 'field image'],
  ])('%s: %j is refused', async (name, text, found) => {
    const error = await refused(await list(name, text));
    expect([error.code, error.place?.line]).toEqual(['inputs-invalid', 1]);
    expect(error.found).toContain(found);
  });

  test('a list of nothing, and one that is no text', async () => {
    expect((await refused(await list('list.txt', '\n\n'))).code).toBe('inputs-none');
    expect((await refused(await list('list.txt', 'a\0b.png\n'))).exit).toBe(3);
  });
});
