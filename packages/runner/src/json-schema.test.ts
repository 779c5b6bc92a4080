import { z } from '@counterweight/core';
import { expect, test } from 'vitest';

import { jsonSchema } from './json-schema.js';
import { pluginOptions } from './plugin-options.js';

test('options that have a name or refer to themselves are told like others', () => {
  const letters = z.enum(['a', 'b']).meta({ id: 'letters-of-a-test' });
  const tree = z.strictObject({
    letter: letters.default('a').describe('Which.'),
    get inside() {
      return tree.optional();
    },
  });
  const options = pluginOptions(jsonSchema(tree));
  expect(options[0]).toEqual({
    key: 'letter',
    accepts: 'one of a, b',
    required: false,
    default: 'a',
    description: 'Which.',
  });
  expect(options.map(({ key }) => key)).toEqual(['letter', 'inside.letter', 'inside.inside']);
});

test('of a union every member’s options are listed; required is what all members require', () => {
  const options = pluginOptions(
    jsonSchema(
      z.discriminatedUnion('rule', [
        z.strictObject({ rule: z.literal('one'), share: z.number().gt(0).lt(1) }),
        z.strictObject({ rule: z.literal('two'), share: z.number().min(2), k: z.int().min(1).default(5) }),
      ]),
    ),
  );
  expect(options.map(({ key, accepts, required }) => [key, accepts, required])).toEqual([
    ['rule', 'one, or two', true],
    ['share', 'a number above 0 below 1, or a number of at least 2', true],
    ['k', 'a whole number of at least 1', false],
  ]);
});
