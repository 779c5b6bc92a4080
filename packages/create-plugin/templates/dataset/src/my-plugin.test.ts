import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { datasetConformance } from '@counterweight/testing';

import plugin from './index.js';
import { myPlugin } from './my-plugin.js';

// Every law of a data set: shapes, ids, splits, reads that overlap, the fingerprint.
datasetConformance({ test, plugin, options: [{ table: 'example.jsonl' }], unlabelled: 'example.jsonl' });

test('a line that is no example is told with its number', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'my-plugin-'));
  const good = '{"id": "a", "features": [1, 2], "labels": [], "split": "train"}';
  for (const bad of ['{', '{"id": "b"}', good, good.replace('"a"', '"b"').replace('2]', '2, 3]')]) {
    await writeFile(join(folder, 'table.jsonl'), `${good}\n\n${bad}\n`);
    await assert.rejects(myPlugin({ table: 'table.jsonl' }, folder), /my-plugin-line .*table\.jsonl:3/);
  }
  await rm(folder, { recursive: true });
});
