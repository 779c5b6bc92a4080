import { alternatives, mappings, schemaAt, type JsonSchema } from './json-schema.js';
import { expectation } from './words.js';

/** An option of a plugin as a manifest takes it. */
export interface PluginOption {
  /** Dots lead into a mapping: `splits.train`. */
  readonly key: string;
  /** Type, range or choices, in words: "a number from 0 to 10". */
  readonly accepts: string;
  /** Whether an entry without it is refused, whatever else the entry has. */
  readonly required: boolean;
  /** Absent where leaving it out means no value. */
  readonly default?: unknown;
  readonly description?: string;
}

/** The options that a schema takes, in its order; of a mapping those inside it. */
export function pluginOptions(schema: JsonSchema, at = ''): readonly PluginOption[] {
  const members = mappings(schema, undefined);
  const keys = [...new Set(members.flatMap(({ properties = {} }) => Object.keys(properties)))];
  return keys.flatMap((key) => {
    const node = schemaAt(schema, undefined, [key])!;
    const inside = pluginOptions(node, `${at}${key}.`);
    const isMapping = alternatives(node).every(({ properties }) => properties !== undefined);
    if (isMapping && inside.length > 0) return inside;
    const parts = [node, ...alternatives(node)];
    const given = parts.find((part) => part.default !== undefined)?.default;
    const description = parts.find((part) => part.description !== undefined)?.description;
    const { default: _, ...bare } = node;
    return [
      {
        key: `${at}${key}`,
        accepts: expectation(bare),
        required: members.every(({ required }) => required?.includes(key)),
        ...(given !== undefined && { default: given }),
        ...(description !== undefined && { description }),
      },
      ...inside,
    ];
  });
}
