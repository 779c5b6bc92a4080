import { readdirSync, readFileSync } from 'node:fs';

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

test('a file in the way is told, not overwritten', () => {
  const { path, write } = project();
  write('run', 'mine');
  expect(() => RunFolder.create(path('run'))).toThrow(/out-unwritable/);
  expect(readFileSync(path('run'), 'utf8')).toBe('mine');
});
