import { z } from '@counterweight/core';

import type { Path } from './yaml-source.js';

/** The part of JSON Schema that zod writes and that messages are made from. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly enum?: readonly (string | number | boolean | null)[];
  readonly const?: string | number | boolean | null;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly default?: string | number | boolean | null | object;
  readonly description?: string;
  /** Ours: see core's `pathOption`. */
  readonly path?: 'file' | 'folder';
}

/** What a zod schema, perhaps of another copy of zod, accepts. Empty (anything) where it cannot be told. */
export function jsonSchema(schema: z.ZodType): JsonSchema {
  const known = written.get(schema);
  if (known) return known;
  const made = write(schema);
  written.set(schema, made);
  return made;
}

/** A schema does not change, and is asked for with every message. */
const written = new WeakMap<z.ZodType, JsonSchema>();

function write(schema: z.ZodType): JsonSchema {
  try {
    const { $defs = {}, ...own } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
    return inlined(own, { '#': own, ...$defs }, []) as JsonSchema;
  } catch {
    return {};
  }
}

/** A schema with what it refers to in its place; where that would have no end, anything. */
function inlined(value: unknown, parts: Readonly<Record<string, unknown>>, inside: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((part) => inlined(part, parts, inside));
  if (typeof value !== 'object' || value === null) return value;
  const { $ref, ...own } = value as { readonly $ref?: unknown };
  const kept = Object.fromEntries(Object.entries(own).map(([key, part]) => [key, inlined(part, parts, inside)]));
  if (typeof $ref !== 'string') return kept;
  const name = $ref.replace('#/$defs/', '');
  return inside.includes(name) ? kept : { ...(inlined(parts[name], parts, [...inside, name]) as object), ...kept };
}

/** A schema or, of a union, all its members. */
export const alternatives = (schema: JsonSchema): readonly JsonSchema[] =>
  [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]
    .flatMap(alternatives)
    .concat((schema.anyOf ?? schema.oneOf) ? [] : schema);

/** The mappings that a schema accepts; those whose constants (`rule: ratio`) agree with the value, if any do. */
export function mappings(schema: JsonSchema, value: unknown): readonly JsonSchema[] {
  const all = alternatives(schema).filter(({ properties }) => properties !== undefined);
  const agreeing = all.filter(({ properties = {} }) =>
    Object.entries(properties).every(
      ([key, { const: constant }]) => constant === undefined || constant === childOf(value, key),
    ),
  );
  return agreeing.length > 0 ? agreeing : all;
}

const member = (all: readonly JsonSchema[], key: string): readonly JsonSchema[] =>
  all.flatMap(({ properties }) => (properties && Object.hasOwn(properties, key) ? properties[key]! : []));

/** The schema of what stands at a path of a value; a union where several members may hold it. */
export function schemaAt(schema: JsonSchema, value: unknown, [key, ...rest]: Path): JsonSchema | undefined {
  if (key === undefined) return schema;
  const inside =
    typeof key === 'number'
      ? alternatives(schema).flatMap(({ items }) => (typeof items === 'object' ? [items] : []))
      : firstFilled(member(mappings(schema, value), key), () => member(alternatives(schema), key));
  const [only] = inside;
  if (only === undefined) return undefined;
  return schemaAt(inside.length === 1 ? only : { anyOf: inside }, childOf(value, key), rest);
}

const firstFilled = <T>(first: readonly T[], second: () => readonly T[]): readonly T[] =>
  first.length > 0 ? first : second();

/** Every place in a schema where a key of this name is known: `training.optimizer.learningRate`. */
export function placesOf(schema: JsonSchema, name: string, at = ''): readonly string[] {
  return alternatives(schema).flatMap(({ properties = {} }) =>
    Object.entries(properties).flatMap(([key, child]) => [
      ...(key === name ? [`${at}${key}`] : []),
      ...placesOf(child, name, `${at}${key}.`),
    ]),
  );
}

export const childOf = (value: unknown, key: string | number): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string | number, unknown>)[key]
    : undefined;

export const valueAt = (value: unknown, path: Path): unknown => path.reduce(childOf, value);
