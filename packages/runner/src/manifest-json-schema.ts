import { weightsOption, type AnyPlugin, type Kind, type z } from '@counterweight/core';
import { metricPlugins } from '@counterweight/metrics';
import { optimizerPlugins } from '@counterweight/trainer';

import { Draft7Document, type Draft7 } from './draft-7.js';
import { described, placesOf, type InstalledPackage, type WhereInstalled } from './installed-plugins.js';
import { DEFAULT_OPTIMIZER, manifestSchema } from './manifest-schema.js';
import { pluginPackages, type PluginPackage } from './plugin-packages.js';

/** A JSON Schema of manifests, and what it lacks. */
export interface ManifestJsonSchema {
  /** Draft 7. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** Packages that are not in it since they cannot be used. */
  readonly leftOut: readonly InstalledPackage[];
}

/** By this a file is known that may be written again. */
export const MADE_BY =
  'Made by `counterweight schema` from the plugins that were installed: make it again after installing others.';

/**
 * A JSON Schema, draft 7, of the manifests that can be written in a folder: every section, the names of the installed plugins, and
 * of each its options. It takes what `loadManifest` takes; what only code checks (whether a file is there, the sum of shares)
 * it lets pass. For editors, and for programs that write manifests.
 */
export async function manifestJsonSchema(where: WhereInstalled = {}): Promise<ManifestJsonSchema> {
  const packages = await pluginPackages(placesOf(where));
  const leftOut = packages.filter(({ problem }) => problem !== undefined).map(described);
  return { schema: schemaOf(packages), leftOut };
}

function schemaOf(packages: readonly PluginPackage[]): Readonly<Record<string, unknown>> {
  const document = new Draft7Document();
  const installed = (kind: Kind, reserved: Properties = {}): Draft7 =>
    entry('use', choicesOf(kind, packages), document, { reserved });
  const builtIn = (plugins: readonly AnyPlugin[], fallback?: string): Draft7 => {
    const choices = plugins.map((plugin) => ({ names: [plugin.name], plugin, about: 'Built in.' }));
    return entry('name', choices, document, { fallback });
  };
  const either = (kind: Kind, named: Draft7): Draft7 => ({
    type: 'object',
    if: { required: ['use'] },
    then: installed(kind),
    else: named,
  });
  const weights = document.share({ description: WEIGHTS, ...document.write(weightsOption, 'weights') }, 'weights');
  const list = (items: Draft7): Draft7 => ({ type: 'array', items, default: [] });

  const whole = document.write(manifestSchema, 'manifest');
  const metric: Draft7 = {
    anyOf: [{ type: 'string', enum: metricPlugins.map(({ name }) => name) }, either('metric', builtIn(metricPlugins))],
  };
  const sections: readonly (readonly [path: readonly string[], schema: Draft7])[] = [
    [['data'], installed('dataset')],
    [['model'], installed('model')],
    [['loss'], installed('loss', { weights })],
    [['samplers'], list(installed('sampler'))],
    [['callbacks'], list(installed('callback'))],
    [['training', 'optimizer'], either('optimizer', builtIn(optimizerPlugins, DEFAULT_OPTIMIZER))],
    [['evaluation', 'metrics'], { type: 'array', items: metric }],
  ];
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $comment: MADE_BY,
    title: 'A manifest of Counterweight',
    ...sections.reduce((schema, [path, section]) => put(schema, path, section), whole),
    ...document.definitions(),
  };
}

const WEIGHTS =
  'Of a loss of entries: what its curves are multiplied by, per class. Left out: the default of the loss.';

type Properties = Readonly<Record<string, Draft7>>;

/** A plugin, and what a manifest may call it. */
interface Choice {
  readonly names: readonly string[];
  readonly plugin: AnyPlugin;
  readonly about: string;
}

const choicesOf = (kind: Kind, packages: readonly PluginPackage[]): readonly Choice[] =>
  packages.flatMap(({ found: { manifest }, plugins }) =>
    plugins
      .filter(({ plugin }) => plugin.kind === kind)
      .map(({ plugin, uses }) => ({ names: uses, plugin, about: manifest.description ?? `${kind} ${plugin.name}` })),
  );

/** A schema with another one at a path; what stands there about the key itself stays. */
function put(schema: Draft7, [key, ...rest]: readonly string[], section: Draft7): Draft7 {
  const before = schema.properties![key!]!;
  const { description, default: usual } = before;
  const about = { ...(description !== undefined && { description }), ...(usual !== undefined && { default: usual }) };
  const after = rest.length === 0 ? { ...about, ...section } : put(before, rest, section);
  return { ...schema, properties: { ...schema.properties, [key!]: after } };
}

/**
 * `{ use: PACKAGE, … }` or `{ name: NAME, … }`: `if` its name `then` the options of that plugin, so that an editor tells what is
 * wrong by the plugin that is meant, not by all of them.
 * @param fallback what an entry without a name means; without it the name is required
 */
function entry(
  key: 'use' | 'name',
  choices: readonly Choice[],
  document: Draft7Document,
  { reserved = {}, fallback }: { readonly reserved?: Properties; readonly fallback?: string | undefined },
): Draft7 {
  if (choices.length === 0) return { type: 'object', required: [key], properties: { [key]: { not: {} } } };
  return {
    type: 'object',
    ...(fallback === undefined && { required: [key] }),
    properties: {
      [key]: {
        type: 'string',
        description: key === 'use' ? 'An installed plugin: PACKAGE, or PACKAGE#NAME.' : 'A built-in one.',
        enum: choices.flatMap(({ names }) => names),
        enumDescriptions: choices.flatMap(({ names, about }) => names.map(() => about)),
        ...(fallback !== undefined && { default: fallback }),
      },
    },
    allOf: choices.map(({ names, plugin }) => ({
      if: { properties: { [key]: { enum: names } }, ...(!names.includes(fallback ?? '') && { required: [key] }) },
      then: withKeys(document.write(plugin.options as z.ZodType, `${plugin.kind} ${names[0]!}`), {
        [key]: {},
        ...reserved,
      }),
    })),
  };
}

/** A mapping, or each member of a union of them, that takes keys beside its own. */
function withKeys(schema: Draft7, more: Properties): Draft7 {
  const { anyOf, allOf, properties } = schema;
  return {
    ...schema,
    ...(anyOf && { anyOf: anyOf.map((part) => withKeys(part, more)) }),
    ...(allOf && { allOf: allOf.map((part) => withKeys(part, more)) }),
    ...(properties && { properties: { ...properties, ...more } }),
  };
}
