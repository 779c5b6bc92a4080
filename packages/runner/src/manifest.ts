import { basename, dirname, extname, resolve } from 'node:path';

import { weightsOption, type CounterweightError, type Place, type z } from '@counterweight/core';
import { metricPlugins } from '@counterweight/metrics';
import { optimizerPlugins } from '@counterweight/trainer';

import { entryOf, installedEntry, type Entry, type Reading } from './entries.js';
import { errors } from './errors.js';
import { PluginFolders } from './installed.js';
import { jsonSchema, valueAt } from './json-schema.js';
import { ManifestError } from './manifest-error.js';
import { readManifestFile } from './manifest-file.js';
import { DEFAULT_METRICS, DEFAULT_OPTIMIZER, manifestSchema } from './manifest-schema.js';
import { missingFiles } from './named-files.js';
import { applyOverrides, parseOverride } from './overrides.js';
import { resolvedManifest } from './resolved-manifest.js';
import { schemaProblems, type Locate } from './schema-problems.js';
import { parseYaml, type Path } from './yaml-source.js';

/** The plugins that a manifest names. */
export interface ManifestPlugins {
  readonly data: Entry<'dataset'>;
  readonly model: Entry<'model'>;
  readonly loss: Entry<'loss'>;
  readonly samplers: readonly Entry<'sampler'>[];
  readonly callbacks: readonly Entry<'callback'>[];
  readonly optimizer: Entry<'optimizer'>;
  readonly metrics: readonly Entry<'metric'>[];
}

/** A manifest that can be run: complete, every option valid, every plugin imported. */
export interface Manifest extends ManifestPlugins {
  /** As it was named. */
  readonly file: string;
  /** Absolute. */
  readonly path: string;
  /** Absolute; where its relative paths start. */
  readonly folder: string;
  /** Overrides, as given. */
  readonly set: readonly string[];
  /** Of the file, without its extension. */
  readonly name: string;
  /** As given. */
  readonly text: string;
  readonly settings: z.output<typeof manifestSchema>;
  /** Of an elementwise loss: given, or the loss's own default, or none. */
  readonly weights: z.output<typeof weightsOption>;
  /** With every default written out; plain JSON values. */
  readonly resolved: Readonly<Record<string, unknown>>;
  /** Where a part of it stands, for errors that show later. */
  readonly place: (path: Path) => Place;
}

export interface LoadOptions {
  /** Overrides as the command takes them: `training.epochs=3`. */
  readonly set?: readonly string[];
  /** Where plugins are looked for after the manifest's own folder. */
  readonly workingFolder?: string;
}

/**
 * Reads and checks a manifest. Loads neither the engine nor any data and writes nothing.
 * @throws ManifestError with every problem at once (exit 2, or 4 where only plugins are at fault); override-invalid
 */
export async function loadManifest(
  file: string,
  { set = [], workingFolder = process.cwd() }: LoadOptions = {},
): Promise<Manifest> {
  const overrides = set.map(parseOverride);
  const text = readManifestFile(file, resolve(workingFolder, file));
  const source = parseYaml(text);
  const problems: CounterweightError[] = source.faults.map(({ kind, message, line, column }) => {
    const place = { file, line, column };
    if (kind === 'duplicate') return errors['duplicate-key']({ key: message }, { place });
    return errors['manifest-syntax']({ found: message }, { place });
  });
  const failed = () => new ManifestError(file, problems, (number) => source.line(number));
  if (source.faults.some(({ kind }) => kind === 'syntax')) throw failed();
  if (source.value === undefined) {
    problems.push(errors['manifest-empty'](undefined, { place: { file, line: 1, column: 1 } }));
    throw failed();
  }

  const locate: Locate = (at, part) => {
    const absent = at.findIndex((_, i) => valueAt(source.value, at.slice(0, i + 1)) === undefined);
    const override =
      overrides.findLast(({ path }) => startsWith(at, path)) ??
      (absent < 0 ? undefined : overrides.findLast(({ path }) => startsWith(path, at.slice(0, absent + 1))));
    return override ? { file: `--set ${override.path.join('.')}` } : { file, ...source.locate(at, part) };
  };
  const path = resolve(workingFolder, file);
  const folder = dirname(path);
  const reading: Reading = {
    value: applyOverrides(source.value, overrides),
    folder,
    plugins: new PluginFolders(folder, workingFolder),
    locate,
    report: (problem) => problems.push(problem),
  };
  problems.push(...schemaProblems(manifestSchema, reading.value, [], locate));
  const [plugins, weights] = [await readPlugins(reading), readWeights(reading)] as const;
  if (problems.length > 0) throw failed();

  const settings = manifestSchema.parse(reading.value);
  // Nothing was reported, so nothing is missing.
  const complete = plugins as ManifestPlugins;
  const effective = weights ?? weightsOption.parse(complete.loss.plugin.weights ?? 'none');
  return {
    ...complete,
    file,
    path,
    folder,
    set,
    name: basename(file, extname(file)),
    text,
    settings,
    weights: effective,
    resolved: resolvedManifest(settings, complete, effective),
    place: (path) => locate(path),
  };
}

/** What the file lacks and an override began (`samplers` of `--set samplers.0.scope=class`) stands in that override. */
const startsWith = (path: Path, beginning: Path): boolean =>
  beginning.every((key, i) => String(key) === String(path[i]));

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
