import {
  errors as coreErrors,
  isCounterweightError,
  type AnyPlugin,
  type CounterweightError,
  type Kind,
  type z,
} from '@counterweight/core';

import { errors } from './errors.js';
import type { PluginFolders } from './installed.js';
import { childOf, jsonSchema, valueAt } from './json-schema.js';
import { missingFiles } from './named-files.js';
import { nearest } from './nearest.js';
import { findValue } from './plugin-value.js';
import { findPlugin, nearestPlugin, type FoundPlugin } from './plugins.js';
import { schemaProblems, type Locate } from './schema-problems.js';
import { inWords } from './words.js';
import type { Path } from './yaml-source.js';

/** A plugin of the manifest with its validated options. */
export interface Entry<K extends Kind = Kind> extends FoundPlugin<K> {
  /** What `create` gets: defaults filled in. */
  readonly options: unknown;
  /** Where it stands in the manifest. */
  readonly at: Path;
}

/** A manifest while it is read: problems are gathered, not thrown. */
export interface Reading {
  readonly value: unknown;
  /** Where the manifest's relative paths start. */
  readonly folder: string;
  /** Where plugins are looked for. */
  readonly plugins: PluginFolders;
  /** Those that code gave, by where they stand: `samplers.0`. */
  readonly values: ReadonlyMap<string, AnyPlugin>;
  readonly locate: Locate;
  readonly report: (problem: CounterweightError) => void;
}

/** The entry `{ use: PACKAGE, … }` at a path. Undefined where it has problems, or no `use`: then the schema tells. */
export async function installedEntry<K extends Kind>(
  kind: K,
  at: Path,
  reading: Reading,
  reserved: readonly string[] = [],
): Promise<Entry<K> | undefined> {
  const given = valueAt(reading.value, at);
  const use = childOf(given, 'use');
  if (typeof use !== 'string' || use === '') return undefined;
  const value = reading.values.get(at.join('.'));
  try {
    const found = value ? await findValue(value, kind, reading.plugins) : await findPlugin(use, kind, reading.plugins);
    return withOptions(found, given, at, reading, ['use', ...reserved]);
  } catch (error) {
    if (!isCounterweightError(error)) throw error;
    reading.report(error.at(reading.locate([...at, 'use'])));
    if (!value) await checkAsNearest(use, kind, given, at, reading, reserved);
    return undefined;
  }
}

/** Tells what else is wrong with an entry whose plugin is misspelt, by the options of the one that was meant. */
async function checkAsNearest(
  use: string,
  kind: Kind,
  given: unknown,
  at: Path,
  reading: Reading,
  reserved: readonly string[],
): Promise<void> {
  const near = nearestPlugin(use, kind, reading.plugins);
  if (near === undefined) return;
  try {
    withOptions(await findPlugin(near, kind, reading.plugins), given, at, reading, ['use', ...reserved]);
  } catch (error) {
    if (!isCounterweightError(error)) throw error;
    // The plugin that was perhaps meant has problems of its own; it was not asked for.
  }
}

/** An entry `{ use: PACKAGE, … }`, or `{ name: NAME, … }` or `NAME` for one of `builtIn`. */
export async function entryOf<K extends Kind>(
  kind: K,
  given: unknown,
  at: Path,
  builtIn: readonly AnyPlugin<K>[],
  reading: Reading,
): Promise<Entry<K> | undefined> {
  const use = childOf(given, 'use');
  if (typeof use === 'string' && use !== '') return installedEntry(kind, at, reading);
  if (use !== undefined) {
    const particulars = { found: inWords(use), expected: 'the name of an installed package' };
    reading.report(errors['wrong-type'](particulars, { place: reading.locate([...at, 'use']) }));
    return undefined;
  }
  const name = typeof given === 'string' ? given : childOf(given, 'name');
  if (typeof name === 'string') return builtInEntry(name, given, at, builtIn, reading);
  // Of an entry that is no mapping the schema tells.
  if (typeof given === 'object' && given !== null)
    reading.report(
      errors['wrong-type']({ found: inWords(name), expected: 'a name' }, { place: reading.locate([...at, 'name']) }),
    );
  return undefined;
}

function builtInEntry<K extends Kind>(
  name: string,
  given: unknown,
  at: Path,
  plugins: readonly AnyPlugin<K>[],
  reading: Reading,
): Entry<K> | undefined {
  const entryAs = (meant: string | undefined): Entry<K> | undefined => {
    const plugin = plugins.find((one) => one.name === meant);
    const found = plugin && { plugin, use: plugin.name, version: '', path: '' };
    return found && withOptions(found, typeof given === 'string' ? {} : given, at, reading, ['name']);
  };
  const choices = plugins.map((one) => one.name);
  if (choices.includes(name)) return entryAs(name);
  const near = nearest(name, choices);
  const particulars = { found: inWords(name), choices, nearest: near };
  reading.report(errors['unknown-choice'](particulars, { place: reading.locate([...at, 'name']) }));
  // What else is wrong is told by the options of the one that was meant.
  entryAs(near);
  return undefined;
}

function withOptions<K extends Kind>(
  found: FoundPlugin<K>,
  given: unknown,
  at: Path,
  { folder, locate, report }: Reading,
  reserved: readonly string[],
): Entry<K> | undefined {
  const schema = found.plugin.options as z.ZodType;
  const own = Object.fromEntries(Object.entries(given ?? {}).filter(([key]) => !reserved.includes(key)));
  try {
    const problems = [
      ...schemaProblems(schema, own, at, locate, reserved),
      ...missingFiles(jsonSchema(schema), own, at, folder, locate),
    ];
    problems.forEach(report);
    return problems.length === 0 ? { ...found, options: schema.parse(own), at } : undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const particulars = { use: found.use, doing: 'checking its options', message };
    report(coreErrors['plugin-throws'](particulars, { cause: error, place: locate(at) }));
    return undefined;
  }
}
