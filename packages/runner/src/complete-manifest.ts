import { weightsOption, type CounterweightError, type z } from '@counterweight/core';
import { metricPlugins } from '@counterweight/metrics';
import { optimizerPlugins } from '@counterweight/trainer';

import { entryOf, installedEntry, type Reading } from './entries.js';
import { jsonSchema, valueAt } from './json-schema.js';
import type { Manifest, ManifestPlugins } from './manifest.js';
import { ManifestError } from './manifest-error.js';
import { DEFAULT_METRICS, DEFAULT_OPTIMIZER, manifestSchema } from './manifest-schema.js';
import { missingFiles } from './named-files.js';
import { manifestText, resolvedManifest } from './resolved-manifest.js';
import { schemaProblems } from './schema-problems.js';
import type { Path } from './yaml-source.js';

/** A manifest that was read, from a file or from code, and what is known of where it came from. */
export interface Source
  extends Omit<Reading, 'report'>, Pick<Manifest, 'file' | 'path' | 'folder' | 'name' | 'set' | 'inCode'> {
  /** Of a file, as given. */
  readonly text?: string;
  /** What was wrong with it before. */
  readonly problems?: readonly CounterweightError[];
  /** A line of it, for messages. */
  readonly line?: (number: number) => string;
}

/**
 * Its plugins found, everything checked, every default filled in.
 * @throws ManifestError with every problem at once
 */
export async function completeManifest({ text, problems: before = [], line, ...source }: Source): Promise<Manifest> {
  const { file, path, folder, name, set, inCode, value, locate } = source;
  const problems = [...before];
  const reading: Reading = { ...source, report: (problem) => problems.push(problem) };
  problems.push(...schemaProblems(manifestSchema, value, [], locate));
  const [plugins, weights] = [await readPlugins(reading), readWeights(reading)] as const;
  if (problems.length > 0) throw new ManifestError(file, problems, line);

  const settings = manifestSchema.parse(value);
  // Nothing was reported, so nothing is missing.
  const complete = plugins as ManifestPlugins;
  const effective = weights ?? weightsOption.parse(complete.loss.plugin.weights ?? 'none');
  return {
    ...complete,
    ...{ file, path, folder, name, set, settings },
    inCode,
    text: text ?? manifestText(settings, complete, effective),
    weights: effective,
    resolved: resolvedManifest(settings, complete, effective),
    place: (at) => locate(at),
  };
}

type Maybe<T> = {
  readonly [Key in keyof T]: T[Key] extends readonly (infer E)[] ? readonly (E | undefined)[] : T[Key] | undefined;
};

async function readPlugins(reading: Reading): Promise<Maybe<ManifestPlugins>> {
  const list = (at: Path, otherwise: readonly unknown[]): readonly unknown[] => {
    const given = valueAt(reading.value, at);
    return Array.isArray(given) ? (given as unknown[]) : given === undefined ? otherwise : [];
  };
  const optimizerAt = ['training', 'optimizer'];
  const given = valueAt(reading.value, optimizerAt) ?? {};
  const named = typeof given === 'object' && !('name' in given) ? { ...given, name: DEFAULT_OPTIMIZER } : given;
  const [data, model, loss, optimizer, samplers, callbacks, metrics] = await Promise.all([
    installedEntry('dataset', ['data'], reading),
    installedEntry('model', ['model'], reading),
    installedEntry('loss', ['loss'], reading, ['weights']),
    entryOf('optimizer', named, optimizerAt, optimizerPlugins, reading),
    Promise.all(list(['samplers'], []).map((_, i) => installedEntry('sampler', ['samplers', i], reading))),
    Promise.all(list(['callbacks'], []).map((_, i) => installedEntry('callback', ['callbacks', i], reading))),
    Promise.all(
      list(['evaluation', 'metrics'], DEFAULT_METRICS).map((metric, i) =>
        entryOf('metric', metric, ['evaluation', 'metrics', i], metricPlugins, reading),
      ),
    ),
  ]);
  return { data, model, loss, optimizer, samplers, callbacks, metrics };
}

/** The loss's reserved key. Undefined where it is not given, or wrong. */
function readWeights({ value, locate, folder, report }: Reading): z.output<typeof weightsOption> | undefined {
  const at = ['loss', 'weights'];
  const given = valueAt(value, at);
  if (given === undefined) return undefined;
  const found = [
    ...schemaProblems(weightsOption, given, at, locate),
    ...missingFiles(jsonSchema(weightsOption), given, at, folder, locate),
  ];
  found.forEach(report);
  return found.length === 0 ? weightsOption.parse(given) : undefined;
}
