import { readFileSync } from 'node:fs';

import { weightsOption, z } from '@counterweight/core';
import { expect, test } from 'vitest';

import { jsonSchema, schemaAt, type JsonSchema } from './json-schema.js';
import { manifestSchema } from './manifest-schema.js';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const rows = new Map(
  [...README.matchAll(/^\| `([\w.]+)` *\| ([^|]*?) *\|/gm)].map(([, key, fallback]) => [key!, fallback!]),
);

/** Every key of a manifest that is no mapping of further keys. */
const leaves = (schema: JsonSchema, at = ''): readonly (readonly [string, JsonSchema])[] =>
  Object.entries(schema.properties ?? {}).flatMap(([key, child]) =>
    child.properties && key !== 'data' && key !== 'model' && key !== 'loss'
      ? leaves(child, `${at}${key}.`)
      : [[`${at}${key}`, child] as const],
  );

test('the README has every key of a manifest with its default', () => {
  for (const [key, { default: value }] of leaves(jsonSchema(manifestSchema))) {
    // Choices of whole mappings are in the rows of their keys.
    if (key === 'training.schedule' || key === 'training.optimizer') continue;
    expect(rows.has(key), key).toBe(true);
    if (value === undefined) continue;
    const written = Array.isArray(value) && value.length > 0 ? value.join(', ') : JSON.stringify(value);
    expect(rows.get(key)?.replaceAll('`', ''), key).toBe(written.replaceAll('"', ''));
  }
});

test('the README has no key that a manifest does not', () => {
  const known = z.toJSONSchema(manifestSchema.shape.training, { io: 'input' }) as JsonSchema;
  for (const key of rows.keys()) {
    if (key.startsWith('training.optimizer.') || key === 'loss.weights') continue;
    const path = key.split('.');
    const found =
      path[0] === 'training' ? schemaAt(known, {}, path.slice(1)) : schemaAt(jsonSchema(manifestSchema), {}, path);
    expect(found, key).toBeDefined();
  }
  expect(weightsOption.safeParse({ positive: { rule: 'power', exponent: 0.5, cap: 20 }, class: 2 }).success).toBe(true);
});
