/** The topic samplers: what draws do to priors, the mining of entries and examples, stratification. */
import { z, type ElementwiseLoss } from '@counterweight/core';
import { createMiner, trial, type ReferenceAdapter } from '@counterweight/testing';

import { agree, FLOAT32, FLOAT64, FLOAT64_SUM, Mismatch } from './agreement.js';
import { kind, parameters } from './case.js';
import { bits, flat, labelsOf, matrix, rowsOf, shapeOf, statisticsOf } from './matrices.js';
import { checkStratification } from './stratification.js';
import type { Tally } from './tally.js';

const cases = z.array(z.looseObject({}));
const file = z.looseObject({
  tables: z.array(z.looseObject({ labels: bits, cases: z.array(z.looseObject({ sampler: z.string() })) })),
  mining: z.array(z.looseObject({ losses: matrix, targets: bits, mask: bits, entries: cases, examples: cases })),
  stratification: z.array(z.looseObject({})),
});
type Mining = z.output<typeof file>['mining'][number];

export async function checkSamplers(content: unknown, adapter: ReferenceAdapter, tally: Tally): Promise<void> {
  const { tables, mining, stratification, ...others } = file.parse(content);
  for (const [i, { labels, cases, ...more }] of tables.entries()) {
    for (const [j, entry] of cases.entries()) {
      if (!(entry.sampler in (adapter.samplers ?? {}))) tally.skip(`draws ${entry.sampler}`);
      else
        await tally.attempt(`draws ${entry.sampler}`, `table ${i}, case ${j}`, () =>
          checkDraws(entry, labels, adapter),
        );
    }
    for (const section of ['measures', 'mlRos']) if (section in more) tally.skip(section);
  }
  for (const [i, table] of mining.entries()) {
    for (const [list, check] of [
      ['entries', checkEntryMining],
      ['examples', checkExampleMining],
    ] as const)
      for (const [j, entry] of table[list].entries()) {
        if (!adapter.miners?.[list]) tally.skip(`mining of ${list}`);
        else await tally.attempt(`mining of ${list}`, `table ${i}, case ${j}`, () => check(entry, table, adapter));
      }
  }
  for (const [i, entry] of stratification.entries()) {
    if (!adapter.stratify) tally.skip('stratification');
    else await tally.attempt('stratification', `case ${i}`, () => checkStratification(entry, adapter.stratify!));
  }
  if ('tauNorm' in others) tally.skip('tauNorm');
}

const drawCase = z.looseObject({
  sampler: z.string(),
  kind,
  options: parameters,
  probabilities: z.array(z.number()),
});

function checkDraws(entry: unknown, labels: z.output<typeof bits>, adapter: ReferenceAdapter): void {
  const { sampler: name, kind: _, options, ...expected } = drawCase.parse(entry);
  const { sampler, details } = adapter.samplers![name]!(options);
  const sparse = labelsOf(labels);
  const pool = Int32Array.from(labels.keys());
  const counts = labels[0]!.map((_, c) => labels.filter((row) => row[c] === 1).length);
  const probabilities = sampler.probabilities?.(pool, {
    labels: sparse,
    statistics: statisticsOf(counts, labels.length),
  });
  if (!probabilities) throw new Mismatch('the sampler tells no probabilities');
  const { samplerEffect } = adapter;
  if (!samplerEffect) throw new Mismatch('no package computes the effect of a sampler');
  const answer = { ...details?.(pool, sparse), ...samplerEffect(sparse, probabilities) };
  agree('effect', answer, expected, FLOAT64_SUM);
}

const mineCase = z.looseObject({ kind, kept: bits, keptCount: z.int(), meanOverKept: z.number() });

async function checkEntryMining(entry: unknown, table: Mining, adapter: ReferenceAdapter): Promise<void> {
  const { kind: _, kept, keptCount, meanOverKept, ...limits } = mineCase.parse(entry);
  for await (const { gradient, statistics, mean } of mined('entries', limits, table, adapter)) {
    agree('kept', gradient, kept, FLOAT64);
    agree('keptCount', statistics.keptPositives + statistics.keptNegatives, keptCount, FLOAT64);
    agree('meanOverKept', mean, meanOverKept, FLOAT32);
  }
}

const exampleCase = z.looseObject({ kind, scores: z.array(z.number()), kept: z.array(z.literal([0, 1])) });

async function checkExampleMining(entry: unknown, table: Mining, adapter: ReferenceAdapter): Promise<void> {
  const { kind: _, scores: _scores, kept, ...limits } = exampleCase.parse(entry);
  const entries = table.mask.map((row, i) => row.map((known) => known * kept[i]!));
  for await (const { gradient } of mined('examples', limits, table, adapter)) agree('kept', gradient, entries, FLOAT64);
}

/** The loss of an entry is its logit: so the losses of the file can be mined. */
const identity: ElementwiseLoss = { kind: 'elementwise', curves: (logit) => ({ positive: logit, negative: logit }) };
/** After any warm-up. */
const LATE = 1000;

/** What a miner keeps (the gradient of the sum) and the mean over it, with the labels stored in either way. */
async function* mined(list: string, limits: unknown, table: Mining, adapter: ReferenceAdapter) {
  const { plugin, options } = adapter.miners![list]!(limits);
  const columns = table.losses[0]!.length;
  for (const part of ['targets', 'mask'] as const)
    agree(`${part}: rows, columns`, shapeOf(table[part]), shapeOf(table.losses), FLOAT64);
  const counts = table.targets[0]!.map((_, c) => table.targets.filter((row) => row[c] === 1).length);
  const miner = await createMiner(plugin, options, statisticsOf(counts, table.targets.length));
  for (const unlisted of ['negative', 'unknown'] as const) {
    const labels = labelsOf(table.targets, table.mask, unlisted);
    const run = (reduction: 'sum' | 'mean') =>
      trial({ loss: identity, logits: flat(table.losses), labels, miner, reduction, epoch: LATE });
    const { gradient, statistics } = run('sum');
    yield { gradient: rowsOf(gradient, columns), statistics, mean: run('mean').value };
  }
}
