import { existsSync, readFileSync } from 'node:fs';

import { labelsFromRows } from '@counterweight/core';
import { expect, test } from 'vitest';

import adapter from './reference.js';

type Block = Readonly<Record<string, unknown>>;
interface Case {
  readonly [block: string]: unknown;
  readonly id: string;
  readonly scores: readonly (readonly number[])[];
  readonly targets: readonly (readonly number[])[];
  readonly trainCounts: readonly number[];
  readonly trainTotal: number;
}

const file = new URL('../../../../shared/reference/metrics.json', import.meta.url);
const present = existsSync(file);
if (!present) console.log('skipped: metrics against the reference values, ../shared is not here');
const cases = present ? (JSON.parse(readFileSync(file, 'utf8')) as { cases: Case[] }).cases : [];

/** Numbers to 1e-9, null for NaN; lists and objects by their parts. */
function agrees(got: unknown, want: unknown, path: string): void {
  if (typeof want === 'number') {
    expect(got, path).toBeTypeOf('number');
    expect(Math.abs((got as number) - want), path).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(want)));
  } else if (want === null) expect(got === null || Number.isNaN(got), path).toBe(true);
  else {
    expect(Object.keys(got as object), path).toEqual(Object.keys(want as object));
    for (const [key, part] of Object.entries(want as object))
      agrees((got as Record<string, unknown>)[key], part, `${path}.${key}`);
  }
}

const parts = cases.flatMap((given) =>
  Object.entries(adapter.metrics).map(([block, map]) => ({ id: given.id, block, given, map })),
);

test.skipIf(!present)('the reference holds cases', () => {
  expect(parts.length).toBeGreaterThan(0);
});

test.each(parts)('$block of the case $id equals the reference', async ({ given, block, map }) => {
  const input = {
    scores: Float64Array.from(given.scores.flat()),
    rows: given.scores.length,
    columns: given.scores[0]!.length,
    labels: labelsFromRows(
      given.targets.map((row) => row.flatMap((target, column) => (target === 1 ? [column] : []))),
      given.targets[0]!.length,
    ),
    trainCounts: Float64Array.from(given.trainCounts),
    trainTotal: given.trainTotal,
  };
  const blocks = [given[block] as Block | Block[]].flat();
  expect(blocks.length).toBeGreaterThan(0);
  for (const expected of blocks) {
    const parameters = Object.fromEntries(map.parameters.map((name) => [name, expected[name]]));
    const answers = Object.entries(await map(parameters, input));
    expect(answers.length).toBeGreaterThan(0);
    for (const [name, got] of answers) agrees(got, expected[name], `${block}.${name}`);
  }
});
