import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { ReferenceAdapter } from '@counterweight/testing';
import { ensureBackend } from '@counterweight/testing';
import { beforeAll, describe, expect, test } from 'vitest';

import { loadAdapters } from './adapters.js';
import { checkFile } from './check-file.js';
import { checkReference } from './command.js';

let adapter: ReferenceAdapter;
beforeAll(async () => {
  await ensureBackend();
  adapter = await loadAdapters();
});

const LN2 = Math.LN2;
/** A file that is small enough to be written by hand: at z = 0 the loss is ln 2 and the slope ½. */
const byHand = () => ({
  schema: 'counterweight-reference/1',
  topic: 'losses',
  inputs: { one: { logits: [[0, 0]], targets: [[1, 0]], mask: [[1, 1]], counts: [3, 4], total: 10 } },
  elementwise: [
    {
      id: 'one/bce',
      kind: 'exact',
      loss: 'bce',
      input: 'one',
      params: { posWeight: 3 } as Record<string, unknown>,
      expected: {
        elementwise: [[3 * LN2, LN2]],
        sum: 4 * LN2,
        mean: 2 * LN2,
        batch: 4 * LN2,
        gradientOfSum: [[-1.5, 0.5]],
      },
    },
  ],
  curves: {
    logits: [0],
    cases: [
      { kind: 'exact', loss: 'focal', params: { gamma: 0, alpha: null }, l1: [LN2], g1: [-0.5], l0: [LN2], g0: [0.5] },
      { kind: 'exact', loss: 'unheardOf', params: {}, l1: [0], g1: [0], l0: [0], g0: [0] },
    ],
  },
  weights: [{ kind: 'exact', rule: 'ratio', options: { cap: 5 }, counts: [2, 1], total: 10, posWeight: [4, 5] }],
});

async function outcome(content: unknown): Promise<{ code: number; lines: string[] }> {
  const path = join(mkdtempSync(join(tmpdir(), 'reference-')), 'file.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  const lines: string[] = [];
  const say = (line: string) => void lines.push(line);
  return { code: await checkReference([path], { prepare: ensureBackend, out: say, error: say }), lines };
}

test('a file that is right: exit 0, what was checked and skipped is named', async () => {
  const { code, lines } = await outcome(byHand());
  expect(lines.join('\n')).toContain(
    'checked  elementwise bce, curves focal, weights ratio\n  skipped  curves unheardOf',
  );
  expect(code).toBe(0);
});

const spoilt: Record<string, (file: ReturnType<typeof byHand>) => unknown> = {
  'a loss': (file) => (file.elementwise[0]!.expected.elementwise[0]![0]! += 1e-4),
  'a gradient': (file) => (file.elementwise[0]!.expected.gradientOfSum[0]![1]! += 1e-4),
  'a sum': (file) => (file.elementwise[0]!.expected.sum += 1e-3),
  'a mean': (file) => (file.elementwise[0]!.expected.mean += 1e-3),
  'a batch reduction': (file) => (file.elementwise[0]!.expected.batch += 1e-3),
  'a parameter': (file) => (file.elementwise[0]!.params['posWeight'] = 3.01),
  'an unmapped parameter': (file) => (file.elementwise[0]!.params['temperature'] = 1),
  'a missing parameter': (file) => delete (file.curves.cases[0]!.params as { gamma?: number }).gamma,
  'a missing key': (file) => delete (file.elementwise[0]!.expected as { mean?: number }).mean,
  'an expected value that nobody knows': (file) => Object.assign(file.elementwise[0]!.expected, { median: 1 }),
  'a missing input': (file) => (file.elementwise[0]!.input = 'two'),
  'a mask of another shape': (file) => (file.inputs.one.mask = [[1]]),
  'targets of another shape': (file) => (file.inputs.one.targets = [[1, 0, 0]]),
  'only losses that nobody has': (file) => {
    file.elementwise = [];
    file.curves.cases.shift();
    file.weights = [];
  },
  'a target above 1': (file) => (file.inputs.one.targets = [[2, 0]]),
  'a curve': (file) => (file.curves.cases[0]!.g0[0]! += 1e-6),
  'a curve that is too short': (file) => (file.curves.cases[0]!.l1 = []),
  'a weight': (file) => (file.weights[0]!.posWeight[0]! += 1e-7),
  'an unmapped option of a rule': (file) => Object.assign(file.weights[0]!.options, { floor: 1 }),
  'a missing section': (file) => delete (file as { curves?: unknown }).curves,
  'an unknown schema': (file) => (file.schema = 'counterweight-reference/2'),
  'an unknown topic': (file) => (file.topic = 'optimisers'),
  'nothing to check': (file) => {
    file.elementwise = [];
    file.curves.cases = [];
    file.weights = [];
  },
};

test.each(Object.entries(spoilt))('%s: exit 1 and the place', async (_what, spoil) => {
  const file = byHand();
  spoil(file);
  const { code, lines } = await outcome(file);
  expect(code).toBe(1);
  expect(lines.filter((line) => line.startsWith('  FAILED'))).toHaveLength(1);
});

test.each([
  ['an empty file', ''],
  ['no JSON', '{ "schema": '],
  ['nothing', '{}'],
  ['a list', '[]'],
  ['null', 'null'],
])('%s: exit 1', async (_what, text) => {
  const { code, lines } = await outcome(text);
  expect(code).toBe(1);
  expect(lines.filter((line) => line.startsWith('  FAILED   the file'))).toHaveLength(1);
});

test('no file, no such file: exit 2', async () => {
  const silent = { prepare: ensureBackend, out: () => undefined, error: () => undefined };
  expect(await checkReference([], silent)).toBe(2);
  expect(await checkReference([join(tmpdir(), 'no such file.json')], silent)).toBe(2);
});

const folder = fileURLToPath(new URL('../../../../shared/reference/', import.meta.url));
const absent = !existsSync(folder);
if (absent) console.log(`skipped: the reference files, ${folder} is absent`);

describe.skipIf(absent)('the reference files', () => {
  const read = (topic: string) => JSON.parse(readFileSync(`${folder}${topic}.json`, 'utf8')) as Content;

  test.each(['losses', 'samplers', 'metrics', 'calibration'])('%s agree', async (topic) => {
    const tally = await checkFile(JSON.stringify(read(topic)), adapter);
    expect(tally.failures).toEqual([]);
    expect(tally.total('checked')).toBeGreaterThan(10);
  });

  // One of each kind of number; the others of its kind are read by the same line.
  const places: Record<string, string[]> = {
    samplers: [
      'tables.0.labels.3.0',
      'tables.0.cases.1.options.threshold',
      'tables.0.cases.1.classFactor.4',
      'tables.0.cases.1.exampleFactor.7',
      'tables.0.cases.3.classProbability.0',
      ...['probabilities.5', 'expectedPrior.1', 'gain.2', 'expectedCardinality', 'effectiveSampleSize'].map(
        (key) => `tables.1.cases.4.${key}`,
      ),
      ...['totalVariation', 'expectedDistinct', 'options.exponent'].map((key) => `tables.1.cases.4.${key}`),
      ...['kept.1.2', 'keptCount', 'meanOverKept', 'negativesPerPositive'].map((key) => `mining.1.entries.0.${key}`),
      'mining.2.losses.0.3',
      'stratification.0.lowestIndexVariant.assignment.5',
      'stratification.0.lowestIndexVariant.sizes.1',
      'stratification.1.lowestIndexVariant.labelDistance',
      'stratification.1.lowestIndexVariant.labelCounts.0.0',
    ],
    calibration: [
      'inverseLink.logits.4',
      'inverseLink.calibrated.2',
      ...['calibratedLogit.0', 'calibratedProbability.0', 'rawLogitAt.1', 'rawProbabilityAt.3', 'params.gamma'].map(
        (key) => `inverseLink.cases.3.${key}`,
      ),
      'posWeightTable.probability.3',
      'posWeightTable.posWeight.1',
      'posWeightTable.posWeight.3',
      'posWeightTable.raw.2.0',
    ],
    metrics: [
      'cases.0.scores.2.1',
      'cases.0.ranking.averagePrecision.1',
      'cases.1.ranking.macroAP',
      'cases.1.ranking.microAP',
      'cases.1.ranking.weightedAP',
      'cases.1.ranking.rocAuc.0',
      'cases.0.atK.1.precision',
      'cases.0.decisions.0.microF1',
      'cases.0.calibration.0.prevalenceRatioMicro',
      'cases.0.groups.macroAP.head',
    ],
    losses: [
      'inputs.extreme.logits.0.1',
      'elementwise.0.expected.gradientOfSum.1.1',
      'curves.cases.0.l0.1',
      'curves.cases.0.g0.0',
      'curves.cases.2.l1.28',
      'weights.9.classWeight.1',
      'weights.10.outputBias.2',
    ],
  };
  test.each(Object.entries(places).flatMap(([topic, all]) => all.map((place) => [topic, place] as const)))(
    '%s: a spoilt %s is noticed',
    async (topic, place) => {
      const file = read(topic);
      const keys = place.split('.');
      const parent = keys.slice(0, -1).reduce((at, key) => at[key] as Content, file);
      const key = keys.at(-1)!;
      const value = parent[key];
      // A bit is turned over; another number moves by a thousandth, or from 0.
      parent[key] = value === 1 ? 0 : typeof value === 'number' && value !== 0 ? value * 1.001 : 1;
      const tally = await checkFile(JSON.stringify(file), adapter);
      expect(tally.total('failed')).toBeGreaterThan(0);
    },
  );

  test.each([
    ['samplers', 'mining.1.mask'],
    ['samplers', 'mining.1.losses'],
    ['calibration', 'posWeightTable.posWeight'],
    ['calibration', 'posWeightTable.raw'],
  ])('%s: %s with a row more is noticed', async (topic, place) => {
    const file = read(topic);
    const rows = place.split('.').reduce<unknown>((at, key) => (at as Content)[key], file) as unknown[];
    rows.push(rows[0]);
    expect((await checkFile(JSON.stringify(file), adapter)).total('failed')).toBeGreaterThan(0);
  });
});

type Content = Record<string, unknown>;
