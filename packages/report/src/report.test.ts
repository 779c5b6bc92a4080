import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { fabricateRun } from './fixtures/fabricate.js';
import { binsByTrainingCount } from './chart-training-counts.js';
import { compareRuns, reportRun } from './report.js';
import { readRun } from './run.js';

let folder: string;
let page: string;
let single: string;
const RUNS = ['bce', 'focal', 'heavy'];
const runs = () => RUNS.map((name) => ({ name, folder: join(folder, name) }));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'report-'));
  await fabricateRun(join(folder, 'bce'));
  await fabricateRun(join(folder, 'focal'), {
    loss: { use: '@example/focal', gamma: 2 },
    macro: 0.4363,
    micro: 0.5541,
  });
  await fabricateRun(join(folder, 'heavy'), {
    loss: { use: '@example/loss-plain', weights: { positive: { rule: 'ratio' } } },
    macro: 0.2624,
    micro: 0.2931,
    decided: 12.24,
    summed: 19.04,
  });
  const ridge = { name: 'ridge', averagePrecision: { macro: 0.3907, micro: 0.4201 } };
  page = await compareRuns({ runs: runs(), baselines: [ridge], title: 'Three', notes: ['A note.'] });
  single = await reportRun(join(folder, 'focal'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Addresses that a browser would fetch; namespaces are names. */
const fetched = (markup: string): string[] => {
  const bare = markup.replaceAll(/ xmlns(:\w+)?="[^"]*"/g, '');
  const attributes = [...bare.matchAll(/\b(?:src|href|srcset|action|data|poster)\s*=\s*"([^"]*)"/g)].map(
    ([, url]) => url!,
  );
  return [
    ...attributes.filter((url) => !url.startsWith('data:image/png;base64,') && !url.startsWith('#')),
    ...(bare.match(/(?:https?:)?\/\/[a-z]|@import|url\((?!#)|<script|<link|<iframe| on[a-z]+="/gi) ?? []),
  ];
};
const cells = (markup: string, name: string): string[] => {
  const row = markup.split('<tr').find((part) => part.includes('scope="row"') && part.includes(` ${name}</th>`));
  return [...(row ?? '').matchAll(/<td[^>]*>([^<]*)</g)].map(([, text]) => text!);
};

test('a page asks for nothing from anywhere and runs nothing', () => {
  for (const markup of [page, single]) expect(fetched(markup)).toEqual([]);
  // The check itself sees what it should.
  expect(fetched('<img src="//a.b/c"><a href="https://a.b">')).toHaveLength(4);
});

test('a page is small, whole and of one id a thing', () => {
  expect(page.length).toBeLessThan(3e6);
  expect(page).toMatch(/^<!doctype html>[\s\S]*<\/html>\s*$/);
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(page).not.toMatch(/undefined|NaN|\[object /);
  expect(single).not.toMatch(/undefined|NaN|\[object /);
});

test('numbers in the table are those of the files', async () => {
  for (const { name, folder: of } of runs()) {
    const { test: metrics, steps } = JSON.parse(await readFile(join(of, 'metrics.json'), 'utf8')) as {
      steps: number;
      test: { averagePrecision: Record<string, number>; groups: Record<string, { averagePrecision: number }> };
    };
    const shown = cells(page, name);
    expect(shown[0]).toBe(metrics.averagePrecision['macro']!.toFixed(3));
    expect(shown[1]).toBe(metrics.averagePrecision['micro']!.toFixed(3));
    const groups = ['head', 'medium', 'tail'].map((group) => metrics.groups[group]!.averagePrecision.toFixed(3));
    expect(shown.slice(4, 7)).toEqual(groups);
    expect(shown.slice(-2)).toEqual([steps.toLocaleString('en-US'), '48 s']);
  }
  expect(cells(page, 'heavy').slice(2, 4)).toEqual(['12.2', '19.0']);
  expect(page).toMatch(/ridge<\/th>\s*<td>0\.391<\/td>\s*<td>0\.420<\/td>/);
  expect(page).toMatch(/chance<\/th>\s*<td>0\.015<\/td>\s*<td>0\.010<\/td>/);
});

test('every chart is one named image with a colour and a dash for each run', () => {
  for (const id of ['scores', 'prevalence', 'training-counts', 'validation', 'loss'])
    expect(page).toMatch(new RegExp(`<figure id="${id}">[\\s\\S]*?<svg role="img" aria-label="[^"]{20,}"`));
  for (const i of [0, 1, 2]) expect(page).toContain(`stroke="var(--series-${i})"`);
  expect(page).toContain('prefers-color-scheme: dark');
});

test('tables can be reached and scrolled by keyboard, and say what they hold', () => {
  const tables = page.match(/<table>/g) ?? [];
  expect(tables).toHaveLength(3);
  expect(page.match(/role="region"\s+aria-labelledby="[^"]+"\s+tabindex="0"/g)).toHaveLength(tables.length);
  expect(page.match(/<caption id="/g)).toHaveLength(tables.length);
});

test('manifest lines that differ are shown, equal ones are not', () => {
  const table = /id="manifest-differences"[\s\S]*?<\/table>/.exec(page)?.[0] ?? '';
  expect(table).toContain('rule: ratio');
  expect(table).toContain('gamma: 2');
  expect(table).not.toContain('epochs');
});

test('a picture in the page has the pixels of the run folder', async () => {
  const encoded = /src="data:image\/png;base64,([^"]+)"/.exec(page)?.[1] ?? '';
  const { data, info } = await sharp(Buffer.from(encoded, 'base64'))
    .toColourspace('b-w')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { examples } = await readRun(join(folder, 'bce'));
  expect([info.height, info.width, info.channels]).toEqual(examples.shape);
  expect(data.equals(Buffer.from(examples.examples[0]!.pixels, 'base64'))).toBe(true);
});

test('names and labels of a hostile user stay text', async () => {
  const evil = `</title><script>alert(1)</script>"'><img src=//x onerror=y>&`;
  const hostile = await fabricateRun(join(folder, 'hostile'), {
    loss: { use: '@example/loss-plain', note: evil, weights: 'none' },
    classes: [evil, 'b'],
    examples: {
      shape: [1, 1, 3],
      examples: [
        { id: evil, pixels: 'AAAA', labels: [evil], decided: 1, predicted: [{ class: `${evil}2`, probability: 0.7 }] },
      ],
    },
  });
  const markup = await compareRuns({
    runs: [{ name: evil, folder: hostile }, ...runs()],
    baselines: [{ name: `${evil}3`, averagePrecision: { macro: 0.1, micro: 0.1 } }],
    title: evil,
    notes: [evil],
  });
  expect(markup).not.toContain('<script');
  expect(markup).not.toContain('<img src=//');
  const tags = [...markup.matchAll(/<img\s[^>]*>/g)].map(([tag]) => tag);
  expect(tags).toHaveLength(1);
  expect(tags[0]).toMatch(
    /^<img src="data:image\/png;base64,[^"]+" alt="[^"]*" width="96" height="96"\s+class="pixels" \/>$/,
  );
});

test('a right label that is not ranked high enough is listed as missed', () => {
  expect(page).toMatch(/class="chip hit decided">✓ class \d+/);
  expect(page).toMatch(/class="missed"\s*>missed:\s+class \d+/);
});

test('the best possible stands beside chance where the data set knows it', async () => {
  const known = await fabricateRun(join(folder, 'known'), { optimum: { macro: 0.6123, micro: 0.7345 } });
  const markup = await reportRun(known);
  expect(markup).toMatch(/best possible<\/th>\s*<td>0\.612<\/td>\s*<td>0\.73[45]<\/td>/);
  expect(markup).toMatch(/<h1>[^<]*macro AP of 0\.438 \(chance 0\.015, best possible 0\.612\)/);
  expect(/<figure id="scores">[\s\S]*?<\/figure>/.exec(markup)?.[0]).toContain('best possible');
  expect(single).not.toContain('best possible');
});

test('a run that stopped early says after how many epochs and why', async () => {
  const stopped = await fabricateRun(join(folder, 'early'), { stopped: 'no better in 3 epochs' });
  expect(await reportRun(stopped)).toContain('Training stopped after 15 of 16 epochs: no better in 3 epochs.');
  expect(single).not.toContain('Training stopped');
});

test('inputs that are not images leave the section out', async () => {
  const features = await fabricateRun(join(folder, 'features'), { examples: { shape: [4], examples: [] } });
  expect(await reportRun(features)).not.toContain('Test images');
});

test('bins by training count are means over the classes in them', async () => {
  const run = await readRun(join(folder, 'bce'));
  const bin = binsByTrainingCount(run).find(({ count }) => count >= 20 && count < 50)!;
  const inside = run.perClass.filter(({ train, averagePrecision: ap }) => train >= 20 && train < 50 && ap !== null);
  expect(bin.classes).toBe(inside.length);
  expect(bin.value).toBeCloseTo(inside.reduce((sum, row) => sum + row.averagePrecision!, 0) / inside.length, 12);
});

test('nothing to compare, or two of a name, is refused', async () => {
  await expect(compareRuns({ runs: [] })).rejects.toMatchObject({ code: 'no-runs', exit: 2 });
  await expect(compareRuns({ runs: [...runs(), runs()[0]!] })).rejects.toMatchObject({
    code: 'run-name-twice',
    exit: 2,
  });
});
