import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { fabricateRun, type Fabrication } from './fixtures/fabricate.js';
import { obstacles } from './comparability.js';
import { findings } from './findings.js';
import { headline } from './headline.js';
import { compareRanking, noiseBetween } from './noise.js';
import { readRun } from './run.js';
import { summarise } from './summary.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'report-'));
});
afterAll(() => rm(folder, { recursive: true }));

const make = async (name: string, made: Fabrication) => readRun(await fabricateRun(join(folder, name), made));
const words = (parts: readonly { markup: string }[]): string =>
  parts.map(({ markup }) => markup.replace(/<[^>]*>/g, '').replace(/\s+/g, ' ')).join('\n');

test('a difference below 0.01 is within seed noise, 0.01 is not', async () => {
  const plain = summarise(await make('plain', { macro: 0.44 }));
  const at = (macro: number) => compareRanking({ ...plain, macro }, plain);
  expect([at(0.4499), at(0.4301), at(0.45), at(0.43), at(0.44)]).toEqual([
    'noise',
    'noise',
    'better',
    'worse',
    'noise',
  ]);
  expect(compareRanking({ ...plain, macro: null }, plain)).toBe('unknown');
});

test('where the classes disagree, two standard errors of their mean difference are noise', async () => {
  const plain = summarise(await make('plain', { macro: 0.44 }));
  const of = (...scores: number[]) => ({ ...plain, byClass: new Map(scores.map((ap, c) => [`class ${c}`, ap])) });
  // Differences 0.1, −0.1, 0.3, 0.1: mean 0.1, standard deviation √(0.08/3), standard error half of that.
  const [before, after] = [of(0.5, 0.5, 0.5, 0.5), of(0.6, 0.4, 0.8, 0.6)];
  expect(noiseBetween(after, before)).toBeCloseTo(2 * Math.sqrt(0.08 / 3 / 4), 12);
  expect(compareRanking({ ...after, macro: 0.6 }, { ...before, macro: 0.44 })).toBe('noise');
  expect(compareRanking({ ...after, macro: 0.61 }, { ...before, macro: 0.44 })).toBe('better');
  expect(noiseBetween(of(), before)).toBe(0.01);
});

test('noise is called noise, and groups are then not told apart', async () => {
  const [plain, other] = [await make('plain', { macro: 0.438 }), await make('focal', { macro: 0.436 })];
  const text = words(findings(other, plain));
  expect(text).toContain('Its macro AP is 0.436, beside 0.438 for plain: a difference of 0.002 is within seed noise');
  expect(text).not.toContain('tail');
  expect(words([headline([plain, other].map(summarise), [])])).toBe(
    'No strategy ranks better than plain beyond noise: macro AP 0.438.',
  );
});

test('weights of negatives/positives: the collapse, the surplus and the factors are said', async () => {
  const plain = await make('plain', {});
  const loss = { use: '@example/loss-plain', weights: { positive: { rule: 'ratio' } } };
  const heavy = await make('heavy', { loss, macro: 0.262, decided: 12.2, summed: 19 });
  const text = words(findings(heavy, plain));
  expect(text).toContain('Ranking: worse. Its macro AP is 0.262, beside 0.438 for plain (−0.176)');
  expect(text).toContain('At 0.5 it predicts too many labels: 12.2 labels for each true one (plain: 0.48)');
  expect(text).toContain('19.0 times the true number');
  // The rarest class has one positive among 4,390 examples.
  expect(text).toMatch(/one positive count as much as [\d.]+ negatives in the median class \(from [\d.]+ to 4,389\)/);
  expect(words([headline([plain, heavy].map(summarise), [])])).toContain(
    'heavy falls to 0.262 and predicts 12.2 labels for each true one',
  );
});

test('mining is seen by the entries that it keeps; a run alone needs no reference', async () => {
  const plain = await make('plain', {});
  const mined = await make('mined', { keptNegativesPerPositive: 3, summed: 0.81 });
  expect(words(findings(mined, plain))).toContain('3.00 negatives for each positive, where plain used 445');
  const alone = words(findings(mined));
  expect(alone).not.toContain('Ranking');
  expect(alone).toContain('about the true number of labels (0.81 times)');
});

test('a model that predicts nothing is said to', async () => {
  const silent = await make('silent', { decided: 0 });
  expect(words(findings(silent))).toContain('At 0.5 it predicts nothing.');
});

test('a better run leads the headline', async () => {
  const runs = [await make('plain', { macro: 0.42 }), await make('good', { macro: 0.45 })];
  const ridge = { name: 'ridge', averagePrecision: { macro: 0.391, micro: null } };
  expect(words([headline(runs.map(summarise), [ridge])])).toBe(
    'good ranks best, with a macro AP of 0.450, +0.030 on plain (ridge 0.391).',
  );
});

test('what makes a comparison unfair is named, a fair one is left alone', async () => {
  const plain = await make('plain', {});
  expect(obstacles([plain, await make('b', { macro: 0.2 })])).toEqual([]);
  const other = await make('c', { fingerprint: 'another', steps: 16, seed: 8 });
  expect(obstacles([plain, other]).join(' ')).toMatch(/different data.*numbers of steps.*different seeds/);
});
