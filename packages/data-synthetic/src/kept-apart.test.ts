import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { randomStream } from '@counterweight/core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import plugin from './index.js';
import { keptLabels } from './kept-labels.js';

const logger = { info: () => undefined, warn: () => undefined };
let base: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'kept-'));
});
afterAll(() => rm(base, { recursive: true }));

test('labels of two seeds are kept apart, in one folder', async () => {
  const cache = join(base, 'cache');
  const labels = async (seed: number) => {
    const options = plugin.options.parse({ examples: 16_000, classes: 1000, labelsPerExample: 20 });
    const dataset = await plugin.create(options, randomStream(seed), logger, cache);
    return dataset.labels.positives;
  };
  const [one, other] = [await labels(1), await labels(2)];
  expect(other.classes).not.toEqual(one.classes);
  expect(await readdir(cache)).toHaveLength(2);
  expect(await labels(1)).toEqual(one);
});

test('labels that could not take their place leave no part behind', async () => {
  const file = join(base, 'taken', 'a.labels');
  await mkdir(file, { recursive: true });
  await writeFile(join(file, 'in-the-way'), '');
  const labels = { offsets: Uint32Array.of(0, 1), classes: Uint16Array.of(2) };
  expect(await keptLabels(file, 1, logger, () => Promise.resolve(labels))).toEqual(labels);
  expect(await readdir(join(base, 'taken'))).toEqual(['a.labels']);
});
