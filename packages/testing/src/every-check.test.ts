/** No check is unproven: a list of them that is exported has a file of broken plugins, one for each check at least. */
import { readdirSync, readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import * as kit from './index.js';

const lists = Object.keys(kit).filter((name) => name.endsWith('Checks'));
const proofs = readdirSync(import.meta.dirname)
  .filter((file) => /^broken-.*\.test\.ts$/.test(file))
  .map((file) => readFileSync(`${import.meta.dirname}/${file}`, 'utf8'))
  .join('\n');

test('the kit exports lists of checks', () => {
  expect(lists).toEqual(expect.arrayContaining(['drawChecks', 'lossChecks', 'mineChecks']));
});

test.each(lists)('%s are proven by broken plugins', (name) => {
  expect(proofs).toMatch(new RegExp(`^proven\\(${name}, `, 'm'));
});

test.each(lists)('%s have names of their own', (name) => {
  const names = (kit as unknown as Record<string, readonly kit.Check[]>)[name]!.map((check) => check.name);
  expect(names).toEqual([...new Set(names)]);
});

test.each(lists)('the README has every law of %s', (name) => {
  const readme = readFileSync(`${import.meta.dirname}/../README.md`, 'utf8');
  const missing = (kit as unknown as Record<string, readonly kit.Check[]>)[name]!.filter(
    (check) => !readme.includes(`\n- ${check.name}\n`),
  );
  expect(missing.map((check) => `- ${check.name}`)).toEqual([]);
});
