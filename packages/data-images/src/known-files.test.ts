import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { temporaryFolder } from './fixtures/pictures.js';
import type { FolderFile } from './folder-files.js';
import { KnownFiles } from './known-files.js';

let cache: string;
beforeEach(async () => {
  cache = await temporaryFolder();
});
afterEach(() => rm(cache, { recursive: true }));

const file = (change: Partial<Record<'size' | 'mtimeNs' | 'ctimeNs' | 'ino', bigint>> = {}): FolderFile =>
  ({ path: '/images/a\n"b".png', stats: { size: 5n, mtimeNs: 10n, ctimeNs: 11n, ino: 12n, ...change } }) as FolderFile;

async function remembered(): Promise<void> {
  const known = await KnownFiles.of(cache, '/images');
  known.remember(file(), 'content');
  await known.save();
}

test('a file is known again by path, size, times and inode, and unknown when one of them changes', async () => {
  await remembered();
  const known = await KnownFiles.of(cache, '/images');
  expect(known.contentOf(file())).toBe('content');
  for (const key of ['size', 'mtimeNs', 'ctimeNs', 'ino'] as const)
    expect(known.contentOf(file({ [key]: 99n })), key).toBeUndefined();
  expect(known.contentOf({ ...file(), path: '/images/c.png' })).toBeUndefined();
  expect((await KnownFiles.of(cache, '/others')).contentOf(file())).toBeUndefined();
});

test('a file that was changed just now may change again without its times: it is not remembered', async () => {
  const known = await KnownFiles.of(cache, '/images');
  const now = BigInt(Date.now()) * 1_000_000n;
  for (const recent of [{ mtimeNs: now }, { ctimeNs: now }]) {
    known.remember(file(recent), 'content');
    expect(known.contentOf(file(recent))).toBeUndefined();
  }
});

test('a damaged list is no list', async () => {
  await remembered();
  const [name = ''] = await readdir(join(cache, 'files'));
  const path = join(cache, 'files', name);
  const text = await readFile(path, 'utf8');
  for (const damaged of [text.replace('content', 'contenu'), text.slice(0, -1), '', 'x', '\n']) {
    await writeFile(path, damaged);
    expect((await KnownFiles.of(cache, '/images')).contentOf(file())).toBeUndefined();
  }
});

test('no cache, or none that can be written: nothing is remembered, nothing fails', async () => {
  for (const folder of [null, '/dev/null/nowhere']) {
    const known = await KnownFiles.of(folder, '/images');
    known.remember(file(), 'content');
    await known.save();
    expect((await KnownFiles.of(folder, '/images')).contentOf(file())).toBeUndefined();
  }
});
