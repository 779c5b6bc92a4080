import { basename, dirname, extname, resolve } from 'node:path';

import type { CounterweightError, Place, weightsOption, z } from '@counterweight/core';

import { completeManifest } from './complete-manifest.js';
import type { Entry } from './entries.js';
import { errors } from './errors.js';
import { PluginFolders } from './installed.js';
import { valueAt } from './json-schema.js';
import { ManifestError } from './manifest-error.js';
import { readManifestFile } from './manifest-file.js';
import type { manifestSchema } from './manifest-schema.js';
import { applyOverrides, parseOverride } from './overrides.js';
import type { Locate } from './schema-problems.js';
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
  /** As it was named; of a run made in code `createRun`, as its problems are told. */
  readonly file: string;
  /** Absolute; of a run made in code its folder joined with its name. */
  readonly path: string;
  /** Absolute; where its relative paths start. */
  readonly folder: string;
  /** Overrides, as given. */
  readonly set: readonly string[];
  /** Of the file, without its extension; of a run made in code as given. */
  readonly name: string;
  /** Made by `createRun`: there is no file. */
  readonly inCode: boolean;
  /** As given; of a run made in code, what was resolved. */
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
  return completeManifest({
    ...{ file, path, folder, set, text, problems, locate },
    inCode: false,
    name: basename(file, extname(file)),
    value: applyOverrides(source.value, overrides),
    plugins: new PluginFolders(folder, workingFolder),
    values: new Map(),
    line: (number) => source.line(number),
  });
}

/** What the file lacks and an override began (`samplers` of `--set samplers.0.scope=class`) stands in that override. */
const startsWith = (path: Path, beginning: Path): boolean =>
  beginning.every((key, i) => String(key) === String(path[i]));
