import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { leaks } from './soak.js';

test(
  '10,000 steps with mining, batch norm, averages, checkpoints and validation leave memory flat',
  { timeout: 900_000 },
  async () => {
    const command = new URL('../dist/tools/src/soak.js', import.meta.url).pathname;
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', command, '--steps', '10000']);
    expect(stdout).toMatch(/^step +10000 .*\nflat\n$/ms);
  },
);

test('what leaks is told', () => {
  const flat = [0, 1, 2, 3, 4, 5].map((i) => ({ step: 2000 * i, tensors: 60, native: 72, resident: 500e6 }));
  const last = flat.at(-1)!;
  expect(leaks(flat)).toEqual([]);
  expect(leaks([...flat.slice(0, -1), { ...last, resident: 519e6 }])).toEqual([]);
  expect(leaks([...flat.slice(0, -1), { ...last, tensors: 61, native: 73, resident: 521e6 }])).toHaveLength(3);
});
