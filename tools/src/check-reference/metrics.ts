/** The topic metrics: every block of a case for which a package has an answer. */
import { z } from '@counterweight/core';
import type { MetricCase, ReferenceAdapter } from '@counterweight/testing';

import { agree, FLOAT64_SUM, Mismatch } from './agreement.js';
import { kind } from './case.js';
import { bits, flat, labelsOf, matrix, vector } from './matrices.js';
import type { Tally } from './tally.js';

const block = z.looseObject({ kind });
const file = z.looseObject({
  cases: z.array(
    z.looseObject({ id: z.string(), scores: matrix, targets: bits, trainCounts: vector, trainTotal: z.number() }),
  ),
});

export async function checkMetrics(content: unknown, adapter: ReferenceAdapter, tally: Tally): Promise<void> {
  for (const { id, scores, targets, trainCounts, trainTotal, ...blocks } of file.parse(content).cases) {
    const input: MetricCase = {
      scores: flat(scores),
      rows: scores.length,
      columns: trainCounts.length,
      labels: labelsOf(targets),
      trainCounts: Float64Array.from(trainCounts),
      trainTotal,
    };
    const metrics = adapter.metrics ?? {};
    for (const name of Object.keys(metrics))
      if (!(name in blocks)) tally.fail(name, id, new Mismatch('the block is missing in the file'));
    for (const [name, value] of Object.entries(blocks)) {
      const compute = metrics[name];
      for (const [i, one] of [value].flat().entries()) {
        if (!compute) tally.skip(name);
        else
          await tally.attempt(name, `${id}, block ${i}`, async () => {
            const given = block.parse(one);
            const inputs = Object.entries(given).filter(([key]) => compute.parameters.includes(key));
            const answer = await compute(Object.fromEntries(inputs), input);
            for (const [key, got] of Object.entries(answer)) agree(key, got, given[key], FLOAT64_SUM);
            for (const key of Object.keys(given))
              if (key !== 'kind' && !(key in answer) && !compute.parameters.includes(key)) tally.skip(`${name}.${key}`);
          });
      }
    }
  }
}
