import type { Kind, z } from '@counterweight/core';
import { stringify } from 'yaml';

import { alternatives, jsonSchema, mappings, type JsonSchema } from './json-schema.js';
import { SECTIONS } from './plugin-kinds.js';

/**
 * A plugin's entry as a section of a manifest, in YAML: what is required filled in, simple defaults written out.
 * @param naming `{ use: PACKAGE }` or, of a built-in, `{ name: NAME }`
 */
export function exampleEntry(kind: Kind, naming: Readonly<Record<string, string>>, options: z.ZodType): string {
  const path = (SECTIONS[kind] ?? kind).split('.');
  const entry: unknown = { ...naming, ...exampleOptions(options) };
  const isList = ['sampler', 'metric', 'callback'].includes(kind);
  return stringify(
    path.reduceRight<unknown>((inside, key) => ({ [key]: inside }), isList ? [entry] : entry),
    { singleQuote: true },
  );
}

/** As few as are accepted: what only a check in code asks for (one of two files) is found by trying. */
function exampleOptions(options: z.ZodType): Readonly<Record<string, unknown>> {
  const schema = jsonSchema(options);
  const [{ properties = {} } = {}] = mappings(schema, undefined);
  const simple = simplest(schema);
  let more = simple;
  for (const [key, node] of Object.entries(properties)) {
    if (accepts(options, more)) return more;
    if (!Object.hasOwn(more, key)) more = { ...more, [key]: exampleValue(key, node) };
  }
  return accepts(options, more) ? more : simple;
}

function accepts(options: z.ZodType, value: unknown): boolean {
  try {
    return options.safeParse(value).success;
  } catch {
    return false;
  }
}

function simplest(schema: JsonSchema): Readonly<Record<string, unknown>> {
  const [{ properties = {}, required = [] } = {}] = mappings(schema, undefined);
  return Object.fromEntries(
    Object.entries(properties).flatMap(([key, node]) => {
      if (required.includes(key)) return [[key, exampleValue(key, node)]];
      const { default: given } = node;
      return ['string', 'number', 'boolean'].includes(typeof given) ? [[key, given]] : [];
    }),
  );
}

/** A value that a schema takes, the simplest; of text the option's own name. */
function exampleValue(key: string, node: JsonSchema): unknown {
  if (node.default !== undefined) return node.default;
  const [one = {}] = alternatives(node);
  if ('const' in one) return one.const;
  if (one.enum) return one.enum[0];
  switch ([one.type].flat()[0]) {
    case 'number':
    case 'integer':
      return exampleNumber(one);
    case 'boolean':
      return true;
    case 'array':
      return Array.from({ length: one.minItems ?? 0 }, () =>
        typeof one.items === 'object' ? exampleValue(key, one.items) : null,
      );
    case 'object':
      return simplest(one);
    default:
      return one.path === undefined ? key : `./${key}${one.path === 'file' ? '.csv' : ''}`;
  }
}

function exampleNumber({ type, minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): number {
  const low = exclusiveMinimum ?? Math.max(minimum ?? 0, Number.MIN_SAFE_INTEGER);
  const high = exclusiveMaximum ?? Math.min(maximum ?? Infinity, Number.MAX_SAFE_INTEGER);
  if (exclusiveMinimum === undefined && low <= high) return low;
  if (type === 'integer' || high > low + 1) return low + 1;
  return (low + high) / 2;
}
