import { labelStatistics, randomStream, selectRows } from '@counterweight/core';
import { readImages } from '@counterweight/data-images';
import { averagePrecision, includedClasses, ranking } from '@counterweight/metrics';

import { ridge } from './ridge.js';

/** Macro and micro average precision of ridge regression on pixels, on a pack's test split under the rules of the runs. */
export async function ridgeOnPixels(
  pack: string,
  minimumPositives: { readonly train: number; readonly test: number },
): Promise<{ readonly macro: number | null; readonly micro: number | null }> {
  const quiet = { info: () => undefined, warn: () => undefined };
  // A pack has its own splits: these shares, and the stream, are not used.
  const options = { pack, splits: { train: 0.7, validation: 0.1, test: 0.2 } };
  const dataset = await readImages(options, process.cwd(), randomStream(0), quiet);
  try {
    const statistics = labelStatistics(dataset.labels, dataset.splits.train);
    const labels = selectRows(dataset.labels, dataset.splits.test);
    const { scores } = await ridge({ dataset, statistics, minimumPositives });
    const included = includedClasses(statistics, labels, minimumPositives);
    const ranked = await ranking({ scores, labels, training: statistics, included, threshold: 0.5 });
    const { macro, micro } = averagePrecision(ranked).values;
    return { macro, micro };
  } finally {
    await dataset.close();
  }
}
