import type { Evaluation, SparseLabels } from '@counterweight/core';

import { errors } from './errors.js';
import { buildLadders, countEntries, discountPositives, roughlyInOrder, type Ladders } from './ladders.js';
import { oncePer } from './once-per.js';
import { blocks, checkShapes } from './scores.js';
import { countTargets, eachKnownRun, eachPositive, isKnown } from './targets.js';

/** What average precision, ROC AUC and the groups are computed from: one pass for all of them. */
export interface Ranking {
  /** [classes] 1 where a class takes part in averages and in `micro`. */
  readonly included: Uint8Array;
  /** [classes] */
  readonly positives: Float64Array;
  /** [classes] */
  readonly negatives: Float64Array;
  /** A ladder per class, in which the negatives are counted. */
  readonly perClass: Ladders;
  /** One ladder for the entries of all included classes together. */
  readonly micro: Ladders;
}

/**
 * Ranks the known entries of every class, and of all included classes as one list; exact, tied scores stay tied.
 * Reads the scores twice, in blocks: positives first, then all. Memory O(positives + classes), time O(entries).
 * Computed once for an `Evaluation` object: a second call gives the same result. A listed entry is positive when its target
 * is at least ½.
 * @throws not-finite: a NaN at a known entry; scores-mismatch
 */
export const ranking = oncePer(async (evaluation: Evaluation): Promise<Ranking> => {
  checkShapes(evaluation);
  const { labels } = evaluation;
  const { columns } = labels;
  const included = evaluation.included ?? new Uint8Array(columns).fill(1);
  const { positives, known } = countTargets(labels);
  const offsets = new Uint32Array(columns + 1);
  positives.forEach((count, column) => (offsets[column + 1] = offsets[column]! + count));
  const scores = await positiveScores(evaluation, offsets);
  const pooled = pool(scores, offsets, included);
  const micro = buildLadders(pooled, Uint32Array.of(0, pooled.length));
  const perClass = buildLadders(scores, offsets);

  const counters = { perClass, micro, included };
  await (labels.unlisted === 'negative' ? countAll : countListed)(evaluation, counters);
  discountPositives(perClass);
  discountPositives(micro);
  return { included, positives, negatives: known.map((n, column) => n - positives[column]!), perClass, micro };
});

/** A ladder of so many rungs stays in the processor's second cache, whatever order entries come in. */
const CACHED_RUNGS = 2 ** 13;

type Counters = Pick<Ranking, 'perClass' | 'micro' | 'included'>;

/** Every entry, positive ones too; the unknown ones are then taken back: no dense labels, no branch on them. */
async function countAll({ scores, labels }: Evaluation, counters: Counters): Promise<void> {
  const { columns, exceptions } = labels;
  const { perClass, micro, included } = counters;
  const all = included.every((yes) => yes === 1);
  for await (const { from, rows, values } of blocks(scores)) {
    checkBlock(labels, from, rows, values);
    for (let column = 0; column < columns; column++)
      countEntries(perClass, column, values, { start: column, stride: columns });
    const pooled = all ? values : onlyIncluded(values, included);
    countEntries(micro, 0, micro.rungs.length > CACHED_RUNGS ? roughlyInOrder(micro, 0, pooled) : pooled);
    if (!exceptions) continue;
    for (let row = from; row < from + rows; row++)
      for (let i = exceptions.offsets[row]!; i < exceptions.offsets[row + 1]!; i++)
        countOne(counters, values, row - from, exceptions.classes[i]!, -1);
  }
}

/** Where an entry that is listed nowhere is unknown, the listed ones are all there is. */
async function countListed({ scores, labels }: Evaluation, counters: Counters): Promise<void> {
  for await (const { from, rows, values } of blocks(scores)) {
    checkBlock(labels, from, rows, values);
    for (let row = from; row < from + rows; row++)
      eachKnownRun(labels, row, (column) => {
        countOne(counters, values, row - from, column, 1);
      });
  }
}

function countOne(
  { perClass, micro, included }: Counters,
  values: Float32Array,
  row: number,
  column: number,
  by: number,
) {
  const start = row * included.length + column;
  const which = { start, end: start + 1, by };
  countEntries(perClass, column, values, which);
  if (included[column]) countEntries(micro, 0, values, which);
}

function onlyIncluded(values: Float32Array, included: Uint8Array): Float32Array {
  const kept = new Float32Array(values.length);
  let n = 0;
  for (let at = 0; at < values.length; at += included.length)
    for (let column = 0; column < included.length; column++) if (included[column]) kept[n++] = values[at + column]!;
  return kept.subarray(0, n);
}

/** The scores of the positives, class after class. */
async function positiveScores({ scores, labels }: Evaluation, offsets: Uint32Array): Promise<Float32Array> {
  const next = offsets.slice();
  const found = new Float32Array(offsets.at(-1)!);
  for await (const { from, rows, values } of blocks(scores))
    for (let row = from; row < from + rows; row++)
      eachPositive(labels, row, (column) => {
        found[next[column]!++] = values[(row - from) * labels.columns + column]!;
      });
  return found;
}

/** The included lists, as one. */
function pool(scores: Float32Array, offsets: Uint32Array, included: Uint8Array): Float32Array {
  const pooled = new Float32Array(scores.length);
  let used = 0;
  included.forEach((yes, column) => {
    if (!yes) return;
    pooled.set(scores.subarray(offsets[column], offsets[column + 1]), used);
    used += offsets[column + 1]! - offsets[column]!;
  });
  return pooled.subarray(0, used);
}

function checkBlock(labels: SparseLabels, from: number, rows: number, values: Float32Array): void {
  for (let i = 0; i < rows * labels.columns; i++) {
    if (!Number.isNaN(values[i]!)) continue;
    const row = from + Math.floor(i / labels.columns);
    const column = i % labels.columns;
    if (isKnown(labels, row, column)) throw errors['not-finite']({ row, column });
  }
}
