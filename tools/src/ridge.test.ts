import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { labelStatistics, randomStream, selectRows } from '@counterweight/core';
import { readImages } from '@counterweight/data-images';
import { averagePrecision, includedClasses, ranking } from '@counterweight/metrics';
import { expect, test } from 'vitest';

import { ridge } from './ridge.js';

const data = fileURLToPath(new URL('../../../shared/data/', import.meta.url));
if (!existsSync(data)) console.warn(`skipped: ridge on real images needs ${data}`);

test.skipIf(!existsSync(data))('on real images the scores of the same method in NumPy', async () => {
  const dataset = await readImages({ pack: 'test-sample' }, data, randomStream(0), console);
  const statistics = labelStatistics(dataset.labels, dataset.splits.train);
  const minimumPositives = { train: 10, test: 3 };
  const { scores, strength } = await ridge({ dataset, statistics, minimumPositives });
  const labels = selectRows(dataset.labels, dataset.splits.test);
  const included = includedClasses(statistics, labels, minimumPositives);
  const { macro, micro } = averagePrecision(
    await ranking({ scores, labels, training: statistics, included, threshold: 0.5 }),
  ).values;
  expect(strength).toBe(10); // these three: baseline.json of the pack, features pixels
  expect(macro).toBeCloseTo(0.2954, 3);
  expect(micro).toBeCloseTo(0.3876, 3);
});
