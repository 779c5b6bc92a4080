import type { CounterweightError } from '@counterweight/core';

import { errors } from './errors.js';
import { parseYaml, type Path } from './yaml-source.js';

/** One `--set a.b.c=value`. */
export interface Override {
  readonly path: Path;
  readonly value: unknown;
}

/**
 * Reads the argument of `--set`: keys and indices joined by dots, the value in YAML (`--set samplers.0.scope=class`).
 * @throws override-invalid
 */
export function parseOverride(argument: string): Override {
  const fail = (found: string, shown = argument): CounterweightError =>
    errors['override-invalid']({ found }, { place: { file: `--set ${shown}` } });
  const equals = argument.indexOf('=');
  if (equals < 1) throw fail('no = after a key');
  const key = argument.slice(0, equals);
  const path = key.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  if (path.includes('')) throw fail('an empty key', key);
  const { value, faults } = parseYaml(argument.slice(equals + 1));
  if (faults[0]) throw fail(faults[0].message, key);
  return { path, value: value ?? null };
}

/**
 * The value with overrides put in, later ones last; the value itself stays.
 * @throws override-invalid where a key would go into something that is no mapping, or an index past the end of a list
 */
export function applyOverrides(value: unknown, overrides: readonly Override[]): unknown {
  return overrides.reduce((current, { path, value }) => put(current, path, value, path), value);
}

function put(given: unknown, [key, ...rest]: Path, value: unknown, whole: Path): unknown {
  if (key === undefined) return value;
  const into = given ?? (typeof key === 'number' ? [] : {});
  const fail = (found: string) =>
    errors['override-invalid']({ found }, { place: { file: `--set ${whole.join('.')}` } });
  if (Array.isArray(into)) {
    if (typeof key !== 'number' || key > into.length)
      throw fail(`${key} in a list of ${into.length}: indices go from 0, ${into.length} appends`);
    const copy: unknown[] = [...(into as unknown[])];
    copy[key] = put(copy[key], rest, value, whole);
    return copy;
  }
  if (typeof into !== 'object') throw fail(`${key} in a value that has no keys`);
  const mapping = into as Record<string, unknown>;
  return { ...mapping, [key]: put(Object.hasOwn(mapping, key) ? mapping[key] : undefined, rest, value, whole) };
}
