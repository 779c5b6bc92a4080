import type { weightsOption, z } from '@counterweight/core';

import type { Entry } from './entries.js';
import type { ManifestPlugins } from './manifest.js';
import type { manifestSchema } from './manifest-schema.js';
import { yamlNumber } from './words.js';

/** A manifest with every default written out: JSON values only (`.inf` as YAML writes it), and a manifest again. */
export function resolvedManifest(
  settings: z.output<typeof manifestSchema>,
  plugins: ManifestPlugins,
  weights: z.output<typeof weightsOption>,
): Readonly<Record<string, unknown>> {
  const { data, model, loss, samplers, callbacks, optimizer, metrics } = plugins;
  return plain({
    version: settings.version,
    seed: settings.seed,
    data: written(data),
    model: written(model),
    loss: { ...written(loss), weights },
    samplers: samplers.map(written),
    callbacks: callbacks.map(written),
    training: { ...settings.training, optimizer: written(optimizer) },
    evaluation: { ...settings.evaluation, metrics: metrics.map(written) },
    calibration: settings.calibration,
  }) as Readonly<Record<string, unknown>>;
}

/** A built-in has no file. */
const written = ({ use, path, options }: Entry): Readonly<Record<string, unknown>> => ({
  [path === '' ? 'name' : 'use']: use,
  ...(options as Record<string, unknown>),
});

function plain(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : yamlNumber(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .map(([key, part]) => [key, plain(part)]),
  );
}
