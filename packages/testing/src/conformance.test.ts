/** What the front door refuses before a test is registered, and what it gives plugins. */
import {
  BASE_FOLDER,
  CACHE_FOLDER,
  DATASET,
  definePlugin,
  INPUT,
  LABEL_STATISTICS,
  LOGGER,
  RANDOM,
  RUN_FOLDER,
  z,
  type AnyPlugin,
  type Callback,
} from '@counterweight/core';
import { expect, test } from 'vitest';

import { callbackChecks, callbackConformance, type Conformance } from './conformance.js';

const strict = z.strictObject({});
const idle: AnyPlugin<'callback'> = definePlugin({
  kind: 'callback',
  name: 'idle',
  options: strict,
  create: () => ({}),
});
const registered = (more: Partial<Conformance<'callback'>>): [string, () => Promise<void>][] => {
  const tests: [string, () => Promise<void>][] = [];
  callbackConformance({ test: (name, run) => tests.push([name, run]), plugin: idle, ...more });
  return tests;
};

test('a test for each law and set of options', () => {
  const names = registered({ options: [{}, { a: 1 }] }).map(([name]) => name);
  expect(names).toHaveLength(2 * callbackChecks.length);
  expect(names[0]).toBe(`idle {}: ${callbackChecks[0]!.name}`);
});

test('another kind, no plugin, no options, an exception that no check has: refused', () => {
  const metric = definePlugin({
    kind: 'metric',
    name: 'none',
    options: strict,
    create: () => ({ needs: 'ranking', compute: () => ({ values: {} }) }),
  });
  expect(() => registered({ plugin: metric as unknown as AnyPlugin<'callback'> })).toThrow('found kind metric');
  expect(() => registered({ plugin: undefined as unknown as AnyPlugin<'callback'> })).toThrow('found kind undefined');
  expect(() => registered({ options: [] })).toThrow('options');
  expect(() => registered({ except: { 'it is liked': 'no' } })).toThrow('it is liked');
});

test('a law in except must be broken', async () => {
  const name = callbackChecks[1]!.name;
  const tests = registered({ except: { [name]: 'on purpose' } });
  const [, run] = tests.find(([title]) => title === `idle {}: not ${name}: on purpose`)!;
  await expect(run()).rejects.toThrow('take it out of except');
});

test('a plugin gets a value for every token that core has; an author may give another', async () => {
  const tokens = [LABEL_STATISTICS, RANDOM, LOGGER, INPUT, DATASET, BASE_FOLDER, CACHE_FOLDER, RUN_FOLDER] as const;
  const seen: unknown[][] = [];
  const curious = definePlugin({
    kind: 'callback',
    name: 'curious',
    options: strict,
    inject: tokens,
    create: (_, ...given): Callback => {
      seen.push(given);
      return {};
    },
  });
  for (const [, run] of registered({ plugin: curious, provide: [[BASE_FOLDER, '/my/folder']] })) await run();
  for (const given of seen) {
    expect(given).toHaveLength(tokens.length);
    expect(given).not.toContain(undefined);
    expect(given[5]).toBe('/my/folder');
  }
});

test('a token that the kit does not know is named, with the remedy', async () => {
  const needy = definePlugin({
    kind: 'callback',
    name: 'needy',
    options: strict,
    inject: [Symbol.for('elsewhere')],
    create: () => ({}),
  });
  const [, [, run]] = registered({ plugin: needy }) as [unknown, [string, () => Promise<void>]];
  await expect(run()).rejects.toMatchObject({ code: 'kit-lacks-dependency', found: 'elsewhere' });
  for (const [, check] of registered({ plugin: needy, provide: [[Symbol.for('elsewhere'), 7]] })) await check();
});
