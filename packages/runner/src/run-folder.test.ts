import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { project } from './fixtures/project.js';
import { RunFolder } from './run-folder.js';

test('a file that is written again is whole, and nothing temporary stays', () => {
  const { path } = project();
  const folder = RunFolder.create(path('deep/er/run'));
  folder.writeJson('metrics.json', { steps: 1 });
  folder.writeJson('metrics.json', { steps: 2 });
  folder.close();
  expect(readdirSync(folder.path)).toEqual(['metrics.json']);
  expect(JSON.parse(readFileSync(path('deep/er/run/metrics.json'), 'utf8'))).toEqual({ steps: 2 });
});

test('events are lines, one after the other', () => {
  const { path } = project();
  const folder = RunFolder.create(path('run'));
  folder.event({ type: 'warning', message: 'first\nsecond' });
  folder.event({ type: 'end', time: 'now', status: 'done' });
  expect(readFileSync(path('run/events.jsonl'), 'utf8').trimEnd().split('\n')).toHaveLength(2);
});

test('a line that was not finished is dropped, wherever the file ends; the next one is whole', () => {
  const { path, write } = project();
  write('run/events.jsonl', '{"type":"start","time":"now"}\n{"type":"warn');
  for (const bytes of [40, 1000]) {
    const folder = RunFolder.open(path('run'));
    folder.rewindEvents(bytes);
    folder.event({ type: 'warning', message: 'next' });
    folder.close();
    expect(readFileSync(path('run/events.jsonl'), 'utf8').split('\n')).toEqual([
      '{"type":"start","time":"now"}',
      ...(bytes === 40 ? [] : ['{"type":"warning","message":"next"}']),
      '{"type":"warning","message":"next"}',
      '',
    ]);
    writeFileSync(path('run/events.jsonl'), `{"half`, { flag: 'a' });
  }
});

test('an event that the disk did not take is written before the next one', () => {
  const { path } = project();
  const folder = RunFolder.create(path('run'));
  mkdirSync(path('run/events.jsonl')); // the tests' user may write anywhere, but not into a folder
  expect(() => folder.event({ type: 'warning', message: '1' })).toThrow(/out-unwritable/);
  expect(() => folder.eventBytes()).toThrow(/out-unwritable/);
  rmdirSync(path('run/events.jsonl'));
  folder.event({ type: 'warning', message: '2' });
  const text = '{"type":"warning","message":"1"}\n{"type":"warning","message":"2"}\n';
  expect(readFileSync(path('run/events.jsonl'), 'utf8')).toBe(text);
  expect(folder.eventBytes()).toBe(text.length);
});

test('folders in which nothing was written are gone; others stay', () => {
  const { path } = project();
  mkdirSync(path('deep'));
  RunFolder.create(path('deep/er/run')).close();
  expect(readdirSync(path('deep'))).toEqual([]);
  RunFolder.create(path('deep')).close();
  expect(existsSync(path('deep'))).toBe(true);
  const folder = RunFolder.create(path('deep/er/run'));
  folder.write('manifest.yaml', '');
  folder.close();
  expect(readdirSync(path('deep/er/run'))).toEqual(['manifest.yaml']);
});

test('a folder that the disk does not take leaves nothing, and is told as what it is', async () => {
  const { path } = project();
  const folder = RunFolder.create(path('run'));
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' });
  const filled = folder.writeFolder('model', (temporary) => {
    mkdirSync(temporary);
    writeFileSync(`${temporary}/weights.bin`, 'half');
    return Promise.reject(new Error('a plugin failed', { cause: full }));
  });
  await expect(filled).rejects.toMatchObject({
    code: 'out-unwritable',
    remedy: 'free space on that disk, then resume',
  });
  folder.close();
  expect(existsSync(path('run'))).toBe(false);
});

test('a file in the way is told, not overwritten', () => {
  const { path, write } = project();
  write('run', 'mine');
  expect(() => RunFolder.create(path('run'))).toThrow(/out-unwritable/);
  expect(readFileSync(path('run'), 'utf8')).toBe('mine');
});
