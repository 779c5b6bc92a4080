import type { CounterweightError, Place, z } from '@counterweight/core';

import { errors } from './errors.js';
import {
  alternatives,
  childOf,
  jsonSchema,
  mappings,
  placesOf,
  schemaAt,
  valueAt,
  type JsonSchema,
} from './json-schema.js';
import { nearest } from './nearest.js';
import { expectation, inWords } from './words.js';
import type { Path } from './yaml-source.js';

/** Where the part at a path stands; the path is that of the whole manifest. */
export type Locate = (path: Path, part?: 'key' | 'value') => Place;

type Issue = z.core.$ZodIssue;

interface Context {
  readonly schema: JsonSchema;
  readonly value: unknown;
  /** Of the value in the manifest. */
  readonly at: Path;
  readonly locate: Locate;
  /** Keys of the outermost mapping that the schema does not know. */
  readonly reserved: readonly string[];
}

/** What is wrong with a part of a manifest, by its schema: in words, each with its place and the nearest correct name. */
export function schemaProblems(
  schema: z.ZodType,
  value: unknown,
  at: Path,
  locate: Locate,
  reserved: readonly string[] = [],
): readonly CounterweightError[] {
  const result = schema.safeParse(value);
  if (result.success) return [];
  const context = { schema: jsonSchema(schema), value, at, locate, reserved };
  return result.error.issues.flatMap((issue) => problems(issue, [], context));
}

/** `above`: the path of the union that an issue stands in; zod counts from there. */
function problems(issue: Issue, above: Path, context: Context): readonly CounterweightError[] {
  const path = [...above, ...(issue.path as Path)];
  const { schema, value, at, locate } = context;
  const found = valueAt(value, path);
  const node = schemaAt(schema, value, path) ?? {};
  const place = locate([...at, ...path]);
  const key = path.at(-1);

  if (found === undefined && key !== undefined && issue.code !== 'custom')
    return [errors['missing-key']({ key: String(key), expected: described(node) }, { place })];

  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((name) => unknownKey(name, path, context));
    case 'too_small':
    case 'too_big':
    case 'not_multiple_of':
      return [
        errors['out-of-range'](
          { found: inWords(found), expected: expectation(node), nearest: nearestBound(found, node) },
          { place },
        ),
      ];
    case 'invalid_value':
      return [wrongChoice(found, node, place)];
    case 'invalid_union': {
      const inside = bestMember(issue);
      return inside ? inside.flatMap((inner) => problems(inner, path, context)) : [wrongChoice(found, node, place)];
    }
    case 'invalid_type':
      return [wrongType(found, node, place)];
    default:
      return [errors['invalid-value']({ found: inWords(found), expected: issue.message }, { place })];
  }
}

/** The issues of the union member that was meant: the one of the right type with the fewest of them. */
function bestMember(issue: Extract<Issue, { code: 'invalid_union' }>): readonly Issue[] | undefined {
  const [best] = issue.errors
    .filter((member) =>
      member.every(({ path, code }) => path.length > 0 || code === 'unrecognized_keys' || isRange(code)),
    )
    .sort((a, b) => a.length - b.length);
  return best;
}

const isRange = (code: string): boolean => code === 'too_small' || code === 'too_big';

const described = (node: JsonSchema): string =>
  node.description === undefined ? expectation(node) : `${expectation(node)}: ${node.description}`;

function unknownKey(key: string, path: Path, { schema, value, at, locate, reserved }: Context): CounterweightError {
  const node = schemaAt(schema, value, path) ?? {};
  const all = mappings(node, valueAt(value, path));
  const known = [
    ...new Set([
      ...(path.length === 0 ? reserved : []),
      ...all.flatMap(({ properties = {} }) => Object.keys(properties)),
    ]),
  ];
  const [elsewhere] = placesOf(schema, key);
  const suggestion = nearest(key, known) ?? (elsewhere === undefined ? undefined : [...at, elsewhere].join('.'));
  return errors['unknown-key']({ key, known, nearest: suggestion }, { place: locate([...at, ...path, key], 'key') });
}

function wrongChoice(found: unknown, node: JsonSchema, place: Place): CounterweightError {
  const choices = alternatives(node)
    .flatMap((one) => one.enum ?? ('const' in one ? [one.const] : []))
    .filter((choice) => choice !== null)
    .map(String);
  if (
    choices.length === 0 ||
    (typeof found !== 'string' && !choices.some((choice) => choice.trim() !== '' && Number.isFinite(Number(choice))))
  )
    return wrongType(found, node, place);
  const near = nearest(String(found), choices);
  return errors['unknown-choice']({ found: inWords(found), choices: listed(node, choices), nearest: near }, { place });
}

/** The choices, and what else would do: "none", "a mapping of positive, negative, class". */
const listed = (node: JsonSchema, choices: readonly string[]): readonly string[] => [
  ...choices,
  ...alternatives(node)
    .filter((one) => one.enum === undefined && !('const' in one))
    .map(expectation),
];

function wrongType(found: unknown, node: JsonSchema, place: Place): CounterweightError {
  return errors['wrong-type'](
    { found: inWords(found), expected: expectation(node), remedy: unquoted(found, node) },
    { place },
  );
}

function nearestBound(found: unknown, { minimum, maximum }: JsonSchema): string | undefined {
  if (typeof found !== 'number') return undefined;
  if (minimum !== undefined && found < minimum) return String(minimum);
  return maximum !== undefined && found > maximum ? String(maximum) : undefined;
}

/** `'16'` where a number is wanted. */
function unquoted(found: unknown, node: JsonSchema): string | undefined {
  const types = alternatives(node).flatMap(({ type }) => type ?? []);
  if (typeof found !== 'string' || found.trim() === '') return undefined;
  const meant =
    (types.some((type) => type === 'number' || type === 'integer') && Number.isFinite(Number(found))) ||
    (types.includes('boolean') && /^(true|false)$/.test(found));
  return meant ? `${found} without quotes` : undefined;
}

/** Every option of a part that names a file or folder, with its path. */
export function pathOptions(
  schema: JsonSchema,
  value: unknown,
  at: Path = [],
): readonly { readonly path: Path; readonly kind: 'file' | 'folder'; readonly value: string }[] {
  if (typeof value === 'string') {
    const kind = alternatives(schema).find(({ path }) => path !== undefined)?.path;
    return kind ? [{ path: at, kind, value }] : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  const keys: readonly (string | number)[] = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return keys.flatMap((key) => {
    const inside = schemaAt(schema, value, [key]);
    return inside ? pathOptions(inside, childOf(value, key), [...at, key]) : [];
  });
}
