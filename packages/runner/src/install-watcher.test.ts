import type { InstallAbout, InstalledEngine, InstallProgress } from '@counterweight/tensorflow';
import { expect, test } from 'vitest';

import { installWatcher } from './install-watcher.js';

const ABOUT: InstallAbout = { device: 'gpu', version: '2.21.0', folder: '/engines/x', download: 3.4e9, disk: 5.6e9 };
const ENGINE = { version: '2.21.0' } as InstalledEngine;
const DOWNLOAD: InstallProgress = { phase: 'download', file: 'tensorflow.whl', done: 143e6, total: 572e6 };

function watched(stream: { isTTY: boolean; columns?: number }, environment = {}) {
  const written: string[] = [];
  const watcher = installWatcher({ ...stream, write: (text) => written.push(text) }, environment);
  watcher.begins(ABOUT);
  watcher.goesOn({ phase: 'notice', notice: 'under NVIDIA’s licences' });
  watcher.goesOn({ ...DOWNLOAD, done: 0 });
  watcher.goesOn({ ...DOWNLOAD, file: 'another.whl' });
  watcher.ended(ENGINE);
  return written;
}

const LINES = [
  'installing TensorFlow 2.21.0 for the GPU, once on this machine: 3.4 GB to fetch, 5.6 GB in /engines/x\n',
  'under NVIDIA’s licences\n',
  'installed TensorFlow 2.21.0\n',
];

test('without a terminal, and in CI: a line at the beginning, the licences, a line at the end', () => {
  expect(watched({ isTTY: false })).toEqual(LINES);
  expect(watched({ isTTY: true }, { CI: 'true' })).toEqual(LINES);
});

test('on a terminal: a bar with bytes between the same lines, erased before each', () => {
  const written = watched({ isTTY: true, columns: 200 });
  const erase = '\r\x1b[2K';
  const bars = written.filter((text) => text.startsWith(erase) && text !== erase);
  expect(bars).toEqual([
    `${erase}download [--------------------]    0 %  0.0 MB of 572 MB  tensorflow.whl`,
    `${erase}download [#####---------------]   25 %  143 MB of 572 MB  another.whl`,
  ]);
  expect(written.filter((text) => text.endsWith('\n'))).toEqual(LINES);
  expect(written.at(-2)).toBe(erase);
});

test('a bar never wraps', () => {
  const bars = watched({ isTTY: true, columns: 30 }).filter((text) => text.includes('['));
  for (const bar of bars.filter((text) => text.includes('%')))
    expect(bar.replace('\r\x1b[2K', '').length).toBeLessThan(30);
});

test('an installation that fails leaves a fresh line for its error', () => {
  const written: string[] = [];
  const watcher = installWatcher({ isTTY: true, write: (text) => written.push(text) }, {});
  watcher.begins(ABOUT);
  watcher.goesOn(DOWNLOAD);
  watcher.ended(undefined);
  expect(written.at(-1)).toBe('\r\x1b[2K');
});
