import { readFileSync } from 'node:fs';

import { z } from '@counterweight/core';
import { expect, test } from 'vitest';

import { options } from './options.js';

test('the README’s table lists every option with its default', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const rows = [...readme.matchAll(/^\| `(\w+)` +\| `([^`]+)` +\|/gm)].map(([, name, value]) => [name, value]);
  const { properties = {} } = z.toJSONSchema(options, { io: 'input' });
  const shown = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value).replaceAll(',', ', '));
  expect(rows).toEqual(
    Object.entries(properties).map(([name, schema]) => [name, shown((schema as { default: unknown }).default)]),
  );
});
