import { join, resolve } from 'node:path';

import type { AnyPlugin, Kind, WeightsOption, z } from '@counterweight/core';
import type { optimizerOptions, trainingOptions } from '@counterweight/trainer';

import { completeManifest } from './complete-manifest.js';
import { PluginFolders } from './installed.js';
import type { Manifest } from './manifest.js';
import type { evaluationOptions } from './manifest-schema.js';
import { isUse, type Use } from './use.js';
import type { Path } from './yaml-source.js';

/** A plugin as a value, or by the name of an installed package as a manifest has it. */
export type Chosen<K extends Kind> = Use<K> | { readonly use: string; readonly [option: string]: unknown };

type Training = z.input<typeof trainingOptions>;
type Evaluation = z.input<typeof evaluationOptions>;

/** A manifest in code: its sections, its defaults, with `weights` beside the loss and plugins as values. */
export interface RunDescription {
  readonly data: Chosen<'dataset'>;
  readonly model: Chosen<'model'>;
  readonly loss: Chosen<'loss'>;
  /** Of an elementwise loss; default: the loss's own. */
  readonly weights?: WeightsOption;
  readonly samplers?: readonly Chosen<'sampler'>[];
  readonly callbacks?: readonly Chosen<'callback'>[];
  readonly training?: Omit<Training, 'optimizer'> & {
    readonly optimizer?: z.input<typeof optimizerOptions> | Chosen<'optimizer'>;
  };
  readonly evaluation?: Omit<Evaluation, 'metrics'> & {
    /** Built-in ones by name: `'f1'`, `{ name: 'precisionAtK', k: 5 }`. */
    readonly metrics?: readonly (
      string | { readonly name: string; readonly [option: string]: unknown } | Chosen<'metric'>
    )[];
  };
  /** Default 0. */
  readonly seed?: number;
  /** For the default folder of its runs, `runs/<time>-<name>`; default `run`. */
  readonly name?: string;
  /** Where relative paths of options start, and where packages are looked for first; default: the working folder. */
  readonly folder?: string;
}

/**
 * A run described in code, as `loadManifest` reads one from a file: the same sections, schemas, defaults and errors, and the same
 * value for `check` and `run`. Loads neither the engine nor any data and writes nothing.
 *
 * Its run folder has a `manifest.yaml` of what was resolved. A plugin that is the default export of an installed package is recorded
 * as that package; any other by its own name, and is given again to `predict`.
 * @throws ManifestError with every problem at once, each with the key that it stands at
 * @example
 * const described = await createRun({ data: use(synthetic, { classes: 50 }), model: use(cnn), loss: use(focal, { gamma: 2 }), seed: 7 });
 * await run(described, { logger: console });
 */
export async function createRun(description: RunDescription): Promise<Manifest> {
  const { name = 'run', folder: given = '.', weights, ...sections } = description;
  const folder = resolve(given);
  const values = new Map<string, AnyPlugin>();
  const value = withNames(sections, values);
  const { loss } = value;
  return completeManifest({
    ...{ file: 'createRun', path: join(folder, name), name, folder, set: [], inCode: true, values },
    value: weights === undefined || !isMapping(loss) ? value : { ...value, loss: { ...loss, weights } },
    plugins: new PluginFolders(folder, process.cwd()),
    locate: (path) => ({ file: `createRun ${keyOf(path)}`.trimEnd() }),
  });
}

/** Weights stand beside the loss here. */
const keyOf = (path: Path): string => (path[0] === 'loss' && path[1] === 'weights' ? path.slice(1) : path).join('.');

/** The sections as a manifest has them, plugins by their names; where each stands is noted. */
function withNames(
  sections: Readonly<Record<string, unknown>>,
  values: Map<string, AnyPlugin>,
): Readonly<Record<string, unknown>> {
  const named = (given: unknown, at: Path): unknown => {
    if (Array.isArray(given)) return given.map((one, i) => named(one, [...at, i]));
    if (!isUse(given)) return given;
    // Where a value is no plugin at all (an import that JavaScript left undefined), that is told and not that it has no name.
    const plugin = (given.plugin as AnyPlugin | undefined) ?? ({} as AnyPlugin);
    values.set(at.join('.'), plugin);
    return { ...(given.options as object), use: (plugin as { name?: string }).name ?? 'undefined' };
  };
  const within = (section: string, key: string): object => {
    const given = sections[section];
    return isMapping(given) ? { [section]: { ...given, [key]: named(given[key], [section, key]) } } : {};
  };
  const whole = Object.entries(sections).map(([key, given]) => [key, named(given, [key])] as const);
  return { ...Object.fromEntries(whole), ...within('training', 'optimizer'), ...within('evaluation', 'metrics') };
}

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
