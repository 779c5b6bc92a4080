import { z } from '@counterweight/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { options } from './options.js';

test('the defaults are the case', () => {
  expect(options.parse({})).toEqual({
    examples: 80_000,
    classes: 7_900,
    labelsPerExample: 130,
    rarest: 900 / 80_000,
    commonest: 12_000 / 80_000,
    strength: 2.3,
    latents: 64,
    size: 32,
    noise: 0.1,
    splits: { train: 0.7, validation: 0.1, test: 0.2 },
  });
});

test.each([
  [{ classes: 395 }, 'labelsPerExample', 'labelsPerExample between 4.583 and 59.11: 395 classes from 0.01125 to 0.15'],
  [{ classes: 1 }, 'classes', 'Too small'],
  [{ rarest: 0.2 }, 'rarest', 'rarest below commonest, 0.15'],
  [{ size: 30 }, 'size', 'size, a multiple of 4, at least 16'],
  [{ latents: 144, size: 18 }, 'size', 'size, a multiple of 6, at least 24'],
  [{ latents: 60 }, 'latents', 'expected one of 4|16|36|64|100|144'],
  [{ examples: 10_000_000 }, 'examples', 'examples × labelsPerExample of at most 1,000,000,000'],
  [{ splits: { train: 0.7, validation: 0.2, test: 0.2 } }, 'splits', 'train, validation and test that sum to 1'],
  [{ examples: 10, splits: { train: 0.04, test: 0.86 } }, 'splits.train', 'train, a share of at least one example'],
  [{ seed: 3 }, '', 'Unrecognized key'],
])('%j is refused at %s', (given, path, message) => {
  const { issues } = options.safeParse(given).error!;
  expect(issues.map((issue) => issue.path.join('.'))).toEqual([path]);
  expect(issues[0]!.message).toContain(message);
});

test('whatever is given is read or refused, nothing else happens', () => {
  const keys = Object.keys((z.toJSONSchema(options, { io: 'input' }) as { properties: object }).properties);
  const given = fc.dictionary(fc.constantFrom(...keys), fc.oneof(fc.double(), fc.integer(), fc.anything()));
  fc.assert(
    fc.property(given, (value) => typeof options.safeParse(value).success === 'boolean'),
    { numRuns: 2_000 },
  );
});
