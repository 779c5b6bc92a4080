import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { RUN_FILES } from '@counterweight/core';
import { expect, test } from 'vitest';

import { drawings, project } from './fixtures/project.js';

const COMMAND = fileURLToPath(new URL('../bin/counterweight.cjs', import.meta.url));

const MANIFEST = `
seed: 3
data: { use: '@counterweight/data-images', images: ./images, labels: ./labels.csv, size: 16, cache: ./cache }
model: { use: '@counterweight/cnn', widths: [8, 16], dense: 32, dropout: 0.2 }
loss: { use: '@counterweight/loss-focal' }
samplers:
  - { use: '@counterweight/sampler-oversample', rule: classPower }
  - { use: '@counterweight/sampler-ohem' }
training: { epochs: 30, batchSize: 16, augmentation: { shift: 2, flip: horizontal }, checkpoint: { steps: 7 } }
`;

/** Runs the command until it ends or this many milliseconds after its first step. */
async function command(cwd: string, run: string, killAfter = Infinity): Promise<number | null> {
  const argv = [COMMAND, 'run', 'manifest.yaml', '--resume', run, '--threads', '1'];
  const child = spawn(process.execPath, argv, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (killAfter < Infinity && /^epoch /m.test(text))
      void sleep(killAfter).then(() => {
        child.kill('SIGKILL');
      });
  });
  return ended;
}

/** sha256 of the network's weights, and the metrics of the test split. */
function outcome(folder: string): unknown {
  const model = join(folder, RUN_FILES.model);
  const weights = readdirSync(model)
    .filter((name) => /\.(bin|safetensors)$/.test(name))
    .map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(model, name)))
        .digest('hex'),
    ]);
  const { test } = JSON.parse(readFileSync(join(folder, RUN_FILES.metrics), 'utf8')) as { test: unknown };
  return { weights, test };
}

test(
  'killed at random moments and resumed each time, a run ends with the bits of one that was not',
  { timeout: 180_000 },
  async () => {
    const { folder, path } = project({ ...drawings(), 'manifest.yaml': MANIFEST });
    expect(await command(folder, 'whole')).toBe(0);
    let kills = 0;
    while (kills < 6 && !existsSync(path('killed/metrics.json')))
      if ((await command(folder, 'killed', Math.random() * 300)) !== 0) kills++;
    expect(kills).toBeGreaterThanOrEqual(5);
    expect(await command(folder, 'killed')).toBe(0);
    expect(outcome(path('killed'))).toEqual(outcome(path('whole')));
  },
);
