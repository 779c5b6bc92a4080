import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';

import { expect, onTestFinished, test } from 'vitest';

import { project } from './fixtures/project.js';
import { LOCK, lockRun } from './run-lock.js';

const HOLDER = fileURLToPath(new URL('fixtures/hold-run.mjs', import.meta.url));

/** A process that tries to take a folder, and what it said; it lives until it is killed. */
function holder(folder: string): { readonly child: ChildProcess; readonly said: Promise<string> } {
  const child = spawn(process.execPath, [HOLDER, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const said = new Promise<string>((resolve, reject) => {
    child.on('error', reject);
    child.stdout.setEncoding('utf8').once('data', (text: string) => {
      resolve(text.trim());
    });
  });
  return { child, said };
}

test('of processes that take a folder at once one gets it, also over a lock that a killed one left', async () => {
  const { folder, write } = project();
  const run = `${folder}/run`;
  // A process of this number may live, but it began at another time.
  write(`run/${LOCK}`, JSON.stringify({ host: hostname(), process: process.ppid, started: '1' }));
  const all = Array.from({ length: 6 }, () => holder(run));
  const said = await Promise.all(all.map((one) => one.said));
  expect(said.sort()).toEqual(['held', ...Array<string>(5).fill('run-in-use')]);
  expect(readdirSync(run)).toEqual([LOCK]);
}, 60_000);

test('of a killed process the folder can be taken; of a living one not; what is let go of is free', async () => {
  const { folder } = project();
  const { child, said } = holder(folder);
  expect(await said).toBe('held');
  expect(() => lockRun(folder)).toThrow(expect.objectContaining({ code: 'run-in-use' }));
  const gone = new Promise((resolve) => child.on('close', resolve));
  child.kill('SIGKILL');
  await gone;
  const release = lockRun(folder);
  expect(() => lockRun(folder)).toThrow(/run-in-use/); // in one process too
  release();
  lockRun(folder)();
  expect(readdirSync(folder)).not.toContain(LOCK);
}, 60_000);

test('a lock that is no lock is replaced; one that another has put in its place is not removed', () => {
  const { folder, path, write } = project({ [LOCK]: 'half a l' });
  const release = lockRun(folder);
  write(LOCK, 'of somebody else');
  release();
  expect(readFileSync(path(LOCK), 'utf8')).toBe('of somebody else');
});
