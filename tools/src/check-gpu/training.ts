// Whole runs through the runner, on a device: what they come to, whether they leave tensors behind, what a step takes.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Callback } from '@counterweight/core';
import { check, loadManifest, run, type EngineOptions } from '@counterweight/runner';
import { nativeTensorCount } from '@counterweight/tensorflow';

export const ARCHITECTURES = ['plain', 'residual'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

const logger = { info: () => undefined, warn: () => undefined };

const EPOCHS = 4;

/** Everything that a step may do: both samplers, averages, clipping, checkpoints. */
const small = (architecture: Architecture): string => `
seed: 1
data: { use: '@counterweight/data-synthetic', examples: 640, classes: 24, labelsPerExample: 3, rarest: 0.05, commonest: 0.4, size: 16 }
model: { use: '@counterweight/cnn', architecture: ${architecture}, ${architecture === 'plain' ? 'widths: [8, 16], dense: 32' : 'depth: 10, width: 8'} }
loss: { use: '@counterweight/loss-focal' }
samplers: [{ use: '@counterweight/sampler-oversample', rule: classPower }, { use: '@counterweight/sampler-ohem' }]
training: { epochs: ${EPOCHS}, batchSize: 32, clipNorm: 1, ema: {}, optimizer: { name: adamw, learningRate: 0.0005 } }
`;

/** As large as a first real one. */
const real = (architecture: Architecture): string => `
seed: 1
data: { use: '@counterweight/data-synthetic', examples: 2000, classes: 1000, labelsPerExample: 20, rarest: 0.005, commonest: 0.2, size: 64 }
model: { use: '@counterweight/cnn', architecture: ${architecture} }
loss: { use: '@counterweight/loss-focal' }
training: { batchSize: 64 }
`;

export interface Trained {
  /** After each epoch. */
  readonly losses: readonly number[];
  /** What TensorFlow holds after each epoch. */
  readonly tensors: readonly number[];
  /** Macro average precision on the test split. */
  readonly averagePrecision: number | null;
}

/** A run of a few epochs, to its metrics. */
export async function trained(architecture: Architecture, engine: EngineOptions): Promise<Trained> {
  return inFolder(small(architecture), async (manifest, folder) => {
    const [losses, tensors]: [number[], number[]] = [[], []];
    const watch: Callback = {
      epochEnd: ({ loss }) => {
        losses.push(loss);
        tensors.push(nativeTensorCount());
      },
    };
    const { metrics } = await run(manifest, { ...engine, out: join(folder, 'run'), logger, onPlan: () => [watch] });
    return { losses, tensors, averagePrecision: metrics?.test.averagePrecision?.macro ?? null };
  });
}

/** Seconds of one training step, as `counterweight check` measures it. */
export const secondsPerStep = (architecture: Architecture, engine: EngineOptions): Promise<number> =>
  inFolder(real(architecture), async (manifest) => {
    const { estimate } = await check(manifest, { ...engine, logger });
    return estimate!.secondsPerStep;
  });

async function inFolder<T>(
  manifest: string,
  use: (manifest: Awaited<ReturnType<typeof loadManifest>>, folder: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'counterweight-gpu-'));
  try {
    const file = join(folder, 'manifest.yaml');
    writeFileSync(file, manifest);
    return await use(await loadManifest(file, { workingFolder: process.cwd() }), folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
