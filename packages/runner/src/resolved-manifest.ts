import type { weightsOption, z } from '@counterweight/core';
import { stringify } from 'yaml';

import type { Entry } from './entries.js';
import type { ManifestPlugins } from './manifest.js';
import type { manifestSchema } from './manifest-schema.js';
import { IN_CODE } from './plugin-value.js';
import { yamlNumber } from './words.js';

type Settings = z.output<typeof manifestSchema>;
type Weights = z.output<typeof weightsOption>;

/** A manifest with every default written out: JSON values only (`.inf` as YAML writes it), and a manifest again. */
export const resolvedManifest = (
  settings: Settings,
  plugins: ManifestPlugins,
  weights: Weights,
): Readonly<Record<string, unknown>> =>
  plain(writtenOut(settings, plugins, weights), yamlNumber) as Readonly<Record<string, unknown>>;

/** The same as the text of a manifest, for a run that was described in code. It can be run where all its plugins are packages. */
export function manifestText(settings: Settings, plugins: ManifestPlugins, weights: Weights): string {
  const given = Object.values(plugins as unknown as Readonly<Record<string, Entry | readonly Entry[]>>)
    .flat()
    .filter(({ path }) => path === IN_CODE)
    .map(({ use }) => use);
  const head = [
    '# Made by createRun, every default written out.',
    ...(given.length === 0 ? [] : [`# Given in code, no packages: ${given.join(', ')}.`]),
  ];
  return `${head.join('\n')}\n${stringify(plain(writtenOut(settings, plugins, weights), (value) => value))}`;
}

function writtenOut(
  settings: Settings,
  { data, model, loss, samplers, callbacks, optimizer, metrics }: ManifestPlugins,
  weights: Weights,
): Readonly<Record<string, unknown>> {
  return {
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
  };
}

/** A built-in has no file. */
const written = ({ use, path, options }: Entry): Readonly<Record<string, unknown>> => ({
  [path === '' ? 'name' : 'use']: use,
  ...(options as Record<string, unknown>),
});

/** What code may give beyond JSON (arrays of numbers, functions) is told by its kind and size. */
function plain(value: unknown, infinite: (value: number) => unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : infinite(value);
  if (Array.isArray(value)) return value.map((part) => plain(part, infinite));
  if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint') return `(${typeof value})`;
  if (typeof value !== 'object' || value === null) return value;
  const made: unknown = Object.getPrototypeOf(value);
  if (made !== Object.prototype && made !== null) return described(value);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .map(([key, part]) => [key, plain(part, infinite)]),
  );
}

const described = (value: object): string =>
  `(${value.constructor.name}${'length' in value ? ` of ${String(value.length)}` : ''})`;
