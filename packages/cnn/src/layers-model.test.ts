import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { createCnn } from './fixtures/networks.js';

let folder: string;
beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'counterweight-cnn-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('an export never replaces one', async () => {
  const model = createCnn([8, 8, 3], { widths: [2], dense: 2 });
  const target = join(folder, 'once');
  await model.export(target);
  const before = await readFile(join(target, 'weights.bin'));
  await expect(model.export(target)).rejects.toThrow();
  expect(await readFile(join(target, 'weights.bin'))).toEqual(before);
  expect((await readdir(folder)).filter((name) => name.startsWith('once'))).toEqual(['once']);
  model.dispose();
});

test('what a killed process left is taken away', async () => {
  const model = createCnn([8, 8, 3], { widths: [2], dense: 2 });
  const target = join(folder, 'again');
  const left = `${target}.partial`;
  await mkdir(left);
  await writeFile(join(left, 'weights.bin'), 'half');
  await model.export(target);
  expect((await readdir(folder)).filter((name) => name.startsWith('again'))).toEqual(['again']);
  model.dispose();
});
