/** The seed's case at its size, one epoch: time and peak memory. `npm run bench:seed-size [-- --examples 80000]`; Linux. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { runMetrics } from '@counterweight/core';

import { ROOT } from './packages.js';

const COMMAND = join(ROOT, 'packages', 'runner', 'bin', 'counterweight.cjs');

const manifest = (examples: number): string => `
seed: 1
data: { use: '@counterweight/data-synthetic', examples: ${examples} }
model: { use: '@counterweight/cnn' }
loss: { use: '@counterweight/loss-weighted-bce', weights: none }
training: { epochs: 1 }
`;

interface Used {
  readonly seconds: number;
  /** Resident, bytes, at its highest. */
  readonly peak: number;
}

/** Runs the command and watches its memory; what it prints on standard error passes through. */
async function measured(cwd: string, argv: readonly string[]): Promise<Used> {
  const started = performance.now();
  const child = spawn(process.execPath, [COMMAND, ...argv], { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, highestResident(child.pid!));
  }, 100);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  }).finally(() => {
    clearInterval(watch);
  });
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}`);
  return { seconds: (performance.now() - started) / 1000, peak };
}

/** VmHWM of /proc; 0 once the process is gone. */
function highestResident(pid: number): number {
  try {
    return 1024 * Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

const { values } = parseArgs({ options: { examples: { type: 'string', default: '80000' } } });
const folder = mkdtempSync(join(tmpdir(), 'counterweight-seed-size-'));
try {
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(join(ROOT, 'node_modules', '@counterweight'), join(folder, 'node_modules', '@counterweight'));
  writeFileSync(join(folder, 'manifest.yaml'), manifest(Number(values.examples)));
  const rows = [
    ['check, labels made or read', await measured(folder, ['check', 'manifest.yaml'])],
    ['check, labels read', await measured(folder, ['check', 'manifest.yaml'])],
    ['run, one epoch', await measured(folder, ['run', 'manifest.yaml', '--out', 'run'])],
  ] as const;
  for (const [what, { seconds, peak }] of rows)
    process.stdout.write(`${what.padEnd(28)}${seconds.toFixed(1).padStart(7)} s  ${(peak / 1e9).toFixed(2)} GB\n`);
  const { test, chance, optimum, seconds } = runMetrics.parse(
    JSON.parse(readFileSync(join(folder, 'run', 'metrics.json'), 'utf8')),
  );
  const macro = [test.averagePrecision?.macro, optimum?.averagePrecision.macro, chance.averagePrecision.macro];
  const [ours, best, none] = macro.map((value) => value?.toFixed(3));
  process.stdout.write(`training ${seconds.toFixed(1)} s; macro AP ${ours}, at best ${best}, chance ${none}\n`);
} finally {
  rmSync(folder, { recursive: true });
}
