import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { callbackConformance } from '@counterweight/testing';

import plugin from './index.js';
import { myPlugin } from './my-plugin.js';

// Every law of a callback: events in order, memory that is saved, stopping and going on.
callbackConformance({ test, plugin, options: [{}, { file: 'other.csv' }] });

test('an epoch that is done again replaces its line and those after it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'my-plugin-'));
  const epochEnd = (epoch: number, loss: number) =>
    myPlugin({ file: 'epochs.csv' }, folder).epochEnd!({
      ...{ epoch, step: 10 * (epoch + 1), loss, learningRate: 0.5, seconds: 2, waited: 0 },
      ...{ keptPositives: 1, keptNegatives: 9, metrics: { 'f1.macro': null }, stop: () => undefined },
    });
  for (const [epoch, loss] of [
    [0, 0.3],
    [1, 0.9],
    [2, 0.9],
    [1, 0.2],
  ] as const)
    await epochEnd(epoch, loss);
  const text = await readFile(join(folder, 'epochs.csv'), 'utf8');
  assert.equal(text, 'epoch,step,loss,learningRate,seconds,f1.macro\n0,10,0.3,0.5,2,\n1,20,0.2,0.5,2,\n');
  await rm(folder, { recursive: true });
});
