import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test, vi } from 'vitest';

import { beginAttempt } from './attempt.js';

const ID = 'tensorflow-0';

/** A folder with what a process of this number and start would have left; `id` is what it was to become. */
async function leftBy(pid: number, start: string): Promise<string> {
  const engines = mkdtempSync(join(tmpdir(), 'counterweight-test-'));
  onTestFinished(() => {
    rmSync(engines, { recursive: true });
  });
  await beginAttempt(engines, ID);
  const [own = ''] = readdirSync(engines);
  const name = own.replace(/-\d+-\d*-([^-]+)$/, `-${pid}-${start}-$1`);
  renameSync(join(engines, own), join(engines, name));
  return engines;
}

/** Of a process on Linux: its state, and when it began. */
const statusOf = (pid: number): string[] =>
  readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');

const linux = process.platform === 'linux';

test.runIf(linux)('a process that runs keeps its folder; another with its number does not', async () => {
  const start = statusOf(process.ppid)[19]!;
  const kept = await leftBy(process.ppid, start);
  await beginAttempt(kept, ID);
  expect(readdirSync(kept)).toHaveLength(2);
  const taken = await leftBy(process.ppid, `${start}0`);
  await beginAttempt(taken, ID);
  expect(readdirSync(taken)).toHaveLength(1);
});

test.runIf(linux)('a process that is dead but not buried keeps nothing', async () => {
  const parent = spawn('sh', ['-c', 'true & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void parent.kill());
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  await vi.waitUntil(() => statusOf(pid)[0] === 'Z' && readFileSync(`/proc/${parent.pid!}/comm`, 'utf8') === 'sleep\n');
  const engines = await leftBy(pid, statusOf(pid)[19]!);
  await beginAttempt(engines, ID);
  expect(readdirSync(engines)).toHaveLength(1);
});
