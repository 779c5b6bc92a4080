import { alternatives, type JsonSchema } from './json-schema.js';

/** A value as a message shows it. */
export function inWords(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'number') return yamlNumber(value);
  if (typeof value === 'string') return `'${value.length > 60 ? `${value.slice(0, 57)}…` : value}'`;
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  return typeof value === 'boolean' ? String(value) : 'a mapping';
}

/** A number as YAML writes it. */
export function yamlNumber(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  return Number.isFinite(value) ? String(value) : value > 0 ? '.inf' : '-.inf';
}

/** What a schema accepts: "a number from 0 to 10 (default 2)". */
export function expectation(schema: JsonSchema): string {
  const kinds = [...new Set(alternatives(schema).map(one))].filter((words) => words !== '');
  const fallback = schema.default;
  const byDefault =
    fallback !== undefined && (typeof fallback !== 'object' || fallback === null)
      ? ` (default ${fallback === null ? 'null' : String(fallback)})`
      : '';
  return `${kinds.join(', or ') || 'something else'}${byDefault}`;
}

function one(schema: JsonSchema): string {
  if (schema.enum) return `one of ${schema.enum.map(String).join(', ')}`;
  if ('const' in schema) return schema.const === null ? '' : String(schema.const);
  const types = [schema.type ?? []].flat().map((type) => typeInWords(type, schema));
  return types.join(' or ');
}

function typeInWords(type: string, schema: JsonSchema): string {
  switch (type) {
    case 'number':
      return `a number${range(schema)}`;
    case 'integer':
      return `a whole number${range(schema)}`;
    case 'string':
      return schema.path ? `the path of a ${schema.path}` : 'text';
    case 'boolean':
      return 'true or false';
    case 'array':
      return schema.minItems === undefined ? 'a list' : `a list of at least ${schema.minItems}`;
    case 'object':
      return schema.properties ? `a mapping of ${Object.keys(schema.properties).join(', ')}` : 'a mapping';
    default:
      return type;
  }
}

function range({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string {
  const low = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? minimum : undefined;
  const high = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined;
  const parts = [
    ...(exclusiveMinimum === undefined ? [] : [`above ${exclusiveMinimum}`]),
    ...(low === undefined ? [] : [high === undefined ? `of at least ${low}` : `from ${low}`]),
    ...(high === undefined ? [] : [low === undefined ? `of at most ${high}` : `to ${high}`]),
    ...(exclusiveMaximum === undefined ? [] : [`below ${exclusiveMaximum}`]),
  ];
  return parts.length === 0 ? '' : ` ${parts.join(' ')}`;
}
