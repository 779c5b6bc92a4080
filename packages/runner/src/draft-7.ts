import { z } from '@counterweight/core';

/** The keywords of draft 7 that are written here or looked at; zod writes more. */
export interface Draft7 {
  readonly $ref?: string;
  readonly description?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Draft7>>;
  readonly required?: readonly string[];
  readonly items?: Draft7;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly anyOf?: readonly Draft7[];
  readonly allOf?: readonly Draft7[];
  readonly not?: Draft7;
  readonly if?: Draft7;
  readonly then?: Draft7;
  readonly else?: Draft7;
  /** For editors: what each of `enum` is. */
  readonly enumDescriptions?: readonly string[];
}

type Definitions = Readonly<Record<string, Draft7>>;

/** Schemas of zod as parts of one document. */
export class Draft7Document {
  private readonly made: Record<string, Definitions> = {};

  /**
   * What a schema accepts, in draft 7; where that cannot be told, anything.
   * @param name its own in the document: what is referred to stands under it in `definitions`
   */
  write(schema: z.ZodType, name: string): Draft7 {
    let whole: Draft7 & { readonly $schema?: string; readonly definitions?: Definitions };
    try {
      whole = z.toJSONSchema(schema, {
        target: 'draft-7',
        io: 'input',
        unrepresentable: 'any',
        override: ({ zodSchema, jsonSchema }) => {
          if (takesAnything(zodSchema)) forget(jsonSchema);
        },
      }) as typeof whole;
    } catch {
      return {};
    }
    const root = `#/definitions/${pointer(name)}`;
    const references = new Set<string>();
    const { $schema: _, definitions = {}, ...own } = whole;
    const place = (part: Draft7): Draft7 =>
      adapted(part, (ref) => {
        references.add(ref);
        return ref === '#' ? `${root}/whole` : ref.replace('#/definitions', root);
      });
    const top = place(own);
    const parts = Object.fromEntries(Object.entries(definitions).map(([key, part]) => [key, place(part)]));
    if (references.has('#')) parts['whole'] = top;
    if (Object.keys(parts).length > 0) this.made[name] = parts;
    // What is wholly a reference is given as what it refers to, so that the caller may add to it.
    const referred = own.$ref?.replace('#/definitions/', '');
    return (referred !== undefined && parts[referred]) || top;
  }

  /** The same as a reference to one place, for what is needed often. */
  share(schema: Draft7, name: string): Draft7 {
    this.made[name] = { ...this.made[name], whole: schema };
    return { $ref: `#/definitions/${pointer(name)}/whole` };
  }

  definitions(): { readonly definitions?: Readonly<Record<string, Definitions>> } {
    return Object.keys(this.made).length === 0 ? {} : { definitions: this.made };
  }
}

/** As a part of a JSON pointer in a URI. */
const pointer = (name: string): string => encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'));

/** Whether code changes a value before a type is asked for: `z.coerce`, `z.preprocess`. */
function takesAnything(schema: z.core.$ZodTypes): boolean {
  const { def } = schema._zod;
  return ('coerce' in def && def.coerce) || (def.type === 'pipe' && def.in._zod.def.type === 'transform');
}

function forget(schema: Record<string, unknown>): void {
  for (const key of Object.keys(schema))
    if (key !== 'description' && key !== 'default') Reflect.deleteProperty(schema, key);
}

/** Keywords that hold a schema by a name of the author's, and those that hold values. */
const NAMED = ['properties', 'patternProperties', 'definitions'];
const VALUES = ['default', 'const', 'enum', 'examples', 'required'];

/**
 * A schema with its references put elsewhere. `oneOf` becomes `anyOf`: zod takes the member that a discriminator names.
 * Without our own keyword `path`, which no editor knows.
 */
function adapted(schema: Draft7, refer: (ref: string) => string): Draft7 {
  const inside = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(inside);
    return typeof value === 'object' && value !== null ? adapted(value, refer) : value;
  };
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key]) => key !== 'path')
      .map(([key, value]: [string, unknown]) => {
        if (key === '$ref') return [key, refer(value as string)];
        if (VALUES.includes(key)) return [key, value];
        if (NAMED.includes(key))
          return [key, Object.fromEntries(Object.entries(value as object).map(([name, part]) => [name, inside(part)]))];
        return [key === 'oneOf' ? 'anyOf' : key, inside(value)];
      }),
  );
}
