/** Ten thousand steps with everything on that could leak: `npm run soak [-- --steps 10000]`. Needs `--expose-gc`. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import type { Callback } from '@counterweight/core';
import { loadManifest, run } from '@counterweight/runner';
import { nativeTensorCount } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';

/** Resident memory may grow by so much over the steps after the first fifth. */
const ALLOWED = 20e6;
const SAMPLES = 10;
const BATCHES = 40;
const BATCH_SIZE = 8;

const manifest = (epochs: number): string => `
seed: 1
data: { use: '@counterweight/data-synthetic', examples: ${10 * BATCHES * BATCH_SIZE}, classes: 24, labelsPerExample: 3,
        rarest: 0.05, commonest: 0.4, splits: { train: 0.1, validation: 0.05, test: 0.85 } }
model: { use: '@counterweight/cnn', widths: [4, 8], dense: 16 }
loss: { use: '@counterweight/loss-focal' }
samplers: [{ use: '@counterweight/sampler-oversample', rule: classPower }, { use: '@counterweight/sampler-ohem' }]
training: { epochs: ${epochs}, batchSize: ${BATCH_SIZE}, ema: {}, checkpoint: { steps: 500 } }
`;

interface Sample {
  readonly step: number;
  /** Of tfjs and of TensorFlow, between two epochs. */
  readonly tensors: number;
  readonly native: number;
  /** Bytes. */
  readonly resident: number;
}

/** Trains so many steps in a folder of its own and samples memory as it goes. */
export async function soak(steps: number): Promise<readonly Sample[]> {
  const folder = mkdtempSync(join(tmpdir(), 'counterweight-soak-'));
  const epochs = Math.ceil(steps / BATCHES);
  const samples: Sample[] = [];
  const watch: Callback = {
    epochEnd: ({ epoch, step }) => {
      if ((epoch + 1) % Math.ceil(epochs / SAMPLES) !== 0 && epoch + 1 !== epochs) return;
      globalThis.gc?.();
      const { numTensors: tensors } = tf.memory();
      samples.push({ step, tensors, native: nativeTensorCount(), resident: process.memoryUsage.rss() });
    },
  };
  try {
    const file = join(folder, 'manifest.yaml');
    writeFileSync(file, manifest(epochs));
    const logger = { info: () => undefined, warn: () => undefined };
    await run(await loadManifest(file), { out: join(folder, 'run'), threads: 1, logger, onPlan: () => [watch] });
    return samples;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What leaked, in words; empty where nothing did. */
export function leaks(samples: readonly Sample[]): readonly string[] {
  const last = samples.at(-1)!;
  const settled = samples.find(({ step }) => step >= last.step / 5)!;
  const grown = last.resident - settled.resident;
  return [
    ...(last.tensors === settled.tensors ? [] : [`${settled.tensors} tensors became ${last.tensors}`]),
    ...(last.native === settled.native ? [] : [`${settled.native} tensors of TensorFlow became ${last.native}`]),
    ...(grown < ALLOWED ? [] : [`resident memory grew by ${(grown / 1e6).toFixed(1)} MB after step ${settled.step}`]),
  ];
}

if (process.argv[1]?.endsWith('soak.js')) {
  const { values } = parseArgs({ options: { steps: { type: 'string', default: '10000' } } });
  const samples = await soak(Number(values.steps));
  for (const { step, tensors, native, resident } of samples)
    process.stdout.write(
      `step ${String(step).padStart(6)}  tensors ${tensors} / ${native}  resident ${(resident / 1e6).toFixed(1)} MB\n`,
    );
  const found = leaks(samples);
  process.stdout.write(found.length === 0 ? 'flat\n' : found.map((line) => `LEAK ${line}\n`).join(''));
  process.exitCode = found.length === 0 ? 0 : 1;
}
