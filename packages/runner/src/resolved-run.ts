import { availableParallelism, cpus } from 'node:os';

import type { Model, ModelInput, ResolvedRun } from '@counterweight/core';
import type { Engine } from '@counterweight/tensorflow';

import { parameterCount } from './network.js';
import { installed } from './plan.js';
import type { Prepared } from './prepare.js';
import { versions } from './versions.js';

/** `resolved.json`: what a run is, and what its bits depend on. */
export function resolvedRun(
  { manifest, dataset, statistics }: Prepared,
  model: Model,
  input: ModelInput,
  engine: Engine,
): ResolvedRun {
  const { splits } = dataset;
  return {
    manifest: { ...manifest.resolved },
    plugins: installed(manifest).map(({ plugin: { kind, name }, use, version, path }) => ({
      kind,
      name,
      use,
      version,
      path,
    })),
    data: {
      fingerprint: dataset.fingerprint,
      shape: [...dataset.input.shape],
      classes: dataset.classes.length,
      examples: { train: splits.train.length, validation: splits.validation.length, test: splits.test.length },
      labelsPerExample: statistics.labelsPerExample,
    },
    input: { ...input, shape: [...input.shape], mean: [...input.mean], deviation: [...input.deviation] },
    source: { file: manifest.path, set: [...manifest.set], ...(manifest.inCode && { code: true }) },
    seed: manifest.settings.seed,
    engine: describeEngine(engine),
    versions: { ...versions() },
    parameters: parameterCount(model),
  };
}

/** What bits depend on besides the seed. */
const describeEngine = ({ version, choice: { device, card } }: Engine): ResolvedRun['engine'] => ({
  tensorflow: version,
  device,
  ...(card && {
    card: card.name,
    driver: card.driver ?? null,
    deterministic: isOn(process.env['TF_DETERMINISTIC_OPS']),
    tf32: process.env['NVIDIA_TF32_OVERRIDE'] !== '0',
  }),
  threads: Number(process.env['TF_NUM_INTRAOP_THREADS'] ?? availableParallelism()),
  oneDNN: process.env['TF_ENABLE_ONEDNN_OPTS'] !== '0',
  processor: cpus()[0]?.model ?? 'unknown',
});

/** As TensorFlow reads a switch. */
const isOn = (value: string | undefined): boolean => ['1', 'true'].includes((value ?? '').toLowerCase());
