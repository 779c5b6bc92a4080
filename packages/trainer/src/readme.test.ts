import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

import { z } from '@counterweight/core';

import { trainingOptions } from './training-options.js';

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly default?: unknown;
}

/** Every option by its path, with the default of the first alternative that has it; a section that may be null has one too. */
function options({ properties = {}, oneOf = [] }: Schema, prefix = ''): [string, unknown][] {
  const own = Object.entries(properties).flatMap(([name, schema]): [string, unknown][] => {
    const section = schema.anyOf?.find((alternative) => alternative.properties);
    const within = options(section ?? schema, `${prefix}${name}.`);
    return within.length === 0 || section ? [[prefix + name, schema.default], ...within] : within;
  });
  return [...own, ...oneOf.flatMap((alternative) => options(alternative, prefix))];
}

test('the README’s table lists every option, with its default', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const rows = [...readme.matchAll(/^\| `([\w.]+)` +\| `([^`]+)`/gm)].map(([, name, value]) => [name, value]);
  const all = options(z.toJSONSchema(trainingOptions, { io: 'input' }) as Schema);
  const first = new Map([...all].reverse());
  const shown = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  expect(new Map(rows as [string, string][])).toEqual(new Map([...first].map(([name, value]) => [name, shown(value)])));
});
