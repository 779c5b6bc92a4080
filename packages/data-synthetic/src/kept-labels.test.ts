import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Csr } from '@counterweight/core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import { keptLabels } from './kept-labels.js';

const labels: Csr = { offsets: Uint32Array.of(0, 2, 2, 3), classes: Uint16Array.of(1, 60_000, 3) };
let base: string;
let file: string;
let made = 0;
const warnings: string[] = [];
const logger = { info: () => undefined, warn: (message: string) => void warnings.push(message) };
const get = (path = file, rows = 3): Promise<Csr> =>
  keptLabels(path, rows, logger, () => {
    made++;
    return Promise.resolve(labels);
  });

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'labels-'));
});
afterAll(() => rm(base, { recursive: true }));
beforeEach(() => {
  file = join(base, 'deep', `${made}.labels`);
  made = 0;
  warnings.length = 0;
});

test('made once, then read; nothing else stays in the folder', async () => {
  expect(await get()).toEqual(labels);
  expect(await get()).toEqual(labels);
  expect(made).toBe(1);
  expect(warnings).toEqual([]);
  expect(await readdir(join(base, 'deep'))).toEqual([expect.stringMatching(/^\d+\.labels$/)]);
});

test('every truncation, every changed byte and a longer file are noticed, and made again', async () => {
  await get();
  const whole = await readFile(file);
  const damaged = [
    ...Array.from({ length: whole.length }, (_, length) => whole.subarray(0, length)),
    ...Array.from({ length: whole.length }, (_, at) => whole.map((byte, i) => (i === at ? byte ^ 1 : byte))),
    Buffer.concat([whole, Buffer.from([0, 0])]),
  ];
  for (const bytes of damaged) {
    warnings.length = made = 0;
    await writeFile(file, bytes);
    expect(await get()).toEqual(labels);
    expect([made, warnings]).toEqual([1, [`Kept labels are damaged (${file}): they are made again.`]]);
    expect(await readFile(file)).toEqual(whole);
  }
});

test('a folder that cannot be written is a warning', async () => {
  await writeFile(join(base, 'file'), '');
  expect(await get(join(base, 'file', 'a.labels'))).toEqual(labels);
  expect(warnings.at(-1)).toMatch(/^The labels could not be kept \(.*\): they will be made again next time\.$/);
});

test('a folder where the file should be is a warning', async () => {
  expect(await get(base)).toEqual(labels);
  expect(warnings).toHaveLength(2);
});
