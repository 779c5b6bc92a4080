import { builtinModules } from 'node:module';

import * as core from '@counterweight/core';
import * as metrics from '@counterweight/metrics';
import { chromium } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';

import { bundleForBrowser, type Bundle } from './bundle.js';
import { findChromium } from './chromium.js';

/** Bytes, minified. */
const MOST = 60_000;
// The functions; plugins bring zod, and nobody runs a manifest in a browser.
const PLUGINS = ['default', 'metricPlugins'];
const names = Object.keys(metrics).filter((name) => !PLUGINS.includes(name));

interface Given {
  readonly positives: readonly number[][];
  readonly logits: readonly number[];
  readonly columns: number;
}

/** Uses nothing but its arguments: its text runs in a page too. */
async function measure(m: typeof metrics, c: typeof core, { positives, logits, columns }: Given) {
  const labels = c.labelsFromRows(positives, columns);
  const training = c.labelStatistics(labels, Int32Array.from(positives.keys()));
  const scores = m.matrixScores(Float32Array.from(logits), positives.length, columns);
  const evaluation = { scores, labels, training, threshold: 0.3 };
  const [ranked, decided] = [await m.ranking(evaluation), await m.decisions(evaluation)];
  return [
    m.averagePrecision(ranked),
    m.rocAuc(ranked),
    m.groups(ranked, training),
    m.f1(decided),
    m.prevalenceRatio(decided),
    await m.precisionAtK(evaluation, 2),
  ].map((result) =>
    JSON.stringify(result, (_, value: unknown) => (ArrayBuffer.isView(value) ? Array.from(value as never) : value)),
  );
}

let bundle: Bundle;
beforeAll(async () => {
  bundle = await bundleForBrowser(`
    import { ${names.join(', ')} } from '@counterweight/metrics';
    import { labelsFromRows, labelStatistics } from '@counterweight/core';
    export const metrics = { ${names.join(', ')} };
    export const core = { labelsFromRows, labelStatistics };
  `);
}, 60_000);

test(`all functions of metrics, for a browser, have less than ${MOST} bytes`, () => {
  expect(bundle.code.length).toBeGreaterThan(1000);
  expect(bundle.code.length).toBeLessThan(MOST);
});

test('nothing is imported, from Node or from anywhere', () => {
  expect(bundle.imports).toEqual([]);
  for (const name of builtinModules) expect(bundle.code).not.toContain(`"node:${name}"`);
});

const executable = findChromium();
const skipped = executable === undefined ? ' (skipped: no Chromium here; CHROME_PATH names one)' : '';
test.skipIf(executable === undefined)(
  `in Chromium they compute what they compute here${skipped}`,
  { timeout: 60_000 },
  async () => {
    const [rows, columns] = [200, 7];
    const random = core.randomStream(3);
    const positives = Array.from({ length: rows }, () =>
      // Of the last class none.
      Array.from({ length: columns - 1 }, (_, column) => column).filter((k) => random.uniform() < 0.4 / (1 + k)),
    );
    const logits = Array.from({ length: rows * columns }, () => Math.round(8 * random.normal()) / 4); // ties among them
    const given = { positives, logits, columns };
    const here = await measure(metrics, core, given);

    const browser = await chromium.launch({ executablePath: executable!, args: ['--no-sandbox'] });
    try {
      const page = await browser.newPage();
      const module = `data:text/javascript;base64,${Buffer.from(bundle.code).toString('base64')}`;
      const found = await page.evaluate(
        `import(${JSON.stringify(module)}).then(({ metrics, core }) => (${measure.toString()})(metrics, core, ${JSON.stringify(given)}))`,
      );
      expect(found).toEqual(here);
    } finally {
      await browser.close();
    }
  },
);
