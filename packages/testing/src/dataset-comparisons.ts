/** Laws of a data set that need something from its author to compare with. */
import { resolve } from 'node:path';

import type { z } from '@counterweight/core';

import { demand, type Check } from './check.js';
import { datasetCheck, demandBytes, read } from './dataset-check.js';

/** @param others options, as in a manifest, under which training would see something else */
export const otherFingerprints = (others: readonly unknown[]): Check<'dataset'> =>
  datasetCheck('other data have another fingerprint', async ({ fingerprint }, open) => {
    for (const options of others) {
      const other = await open(options);
      demand(
        other.fingerprint !== fingerprint,
        `another fingerprint under ${JSON.stringify(options)}`,
        () => fingerprint,
      );
    }
  });

const SILENT = { info: () => undefined, warn: () => undefined };

/** @param path of a folder or file with examples of the data set, under the same names */
export const sameInputs = (path: string): Check<'dataset'> =>
  datasetCheck('`inputs` reads the same bytes under the same names', async (dataset, _open, plugin, options) => {
    demand(plugin.inputs !== undefined, '`inputs` in definePlugin', () => 'none');
    const parsed = (plugin.options as z.ZodType).parse(options);
    const source = { path: resolve(path), input: dataset.input, logger: SILENT };
    const inputs = await plugin.inputs(parsed, source);
    try {
      const examples = new Map(
        Array.from({ length: dataset.labels.rows }, (_, example) => [dataset.id(example), example]),
      );
      const all = Array.from({ length: inputs.count }, (_, i) => i);
      const names = new Set(all.map((i) => inputs.id(i)));
      demand(names.size === inputs.count, 'a name of its own for each', () => `${names.size} names of ${inputs.count}`);
      const both = all.filter((i) => examples.has(inputs.id(i)) && !inputs.unreadable?.has(i)).slice(0, 16);
      demand(
        both.length > 0,
        `an example of the data set in ${path}`,
        () => [...names].slice(0, 3).join(', ') || 'none',
      );
      const want = await read(
        dataset,
        dataset,
        both.map((i) => examples.get(inputs.id(i))!),
      );
      demandBytes('read by `inputs`', await read(inputs, dataset, both), want, both);
    } finally {
      await inputs.close();
      await inputs.close();
    }
  });
