import {
  rowOf,
  sigmoid,
  z,
  type Evaluation,
  type Metric,
  type MetricResult,
  type SparseLabels,
} from '@counterweight/core';

export const options = z.strictObject({});

/**
 * Balanced accuracy of the decisions p ≥ threshold: per class the mean of recall and specificity,
 *
 *     BA_c = ½ · (hits / positives + rejected / negatives)
 *
 * and `macro`, the mean over classes: ½ for guessing, however rare the class. Brodersen et al. 2010, "The balanced accuracy and
 * its posterior distribution". Reads the scores once; memory O(classes).
 */
export const myPlugin = (): Metric => ({ needs: 'decision', compute });

/** Rows of scores at once: they may lie on disk. */
const ROWS = 256;

async function compute({ scores, labels, included, threshold, thresholds }: Evaluation): Promise<MetricResult> {
  const { rows, columns } = labels;
  const counts = {
    positives: zeros(columns),
    hits: zeros(columns),
    negatives: zeros(columns),
    rejected: zeros(columns),
  };
  const row = new Int8Array(columns);
  for (let from = 0; from < rows; from += ROWS) {
    const to = Math.min(from + ROWS, rows);
    const block = await scores.block(from, to);
    for (let i = from; i < to; i++) {
      readRow(labels, i, row);
      for (let c = 0; c < columns; c++) {
        if (row[c] === UNKNOWN) continue;
        const score = block[(i - from) * columns + c]!;
        if (Number.isNaN(score)) throw new RangeError(`row ${i}, class ${c}: the score is not a number`);
        const decided = sigmoid(score) >= (thresholds?.[c] ?? threshold);
        counts[row[c] === POSITIVE ? 'positives' : 'negatives'][c]! += 1;
        if (decided === (row[c] === POSITIVE)) counts[decided ? 'hits' : 'rejected'][c]! += 1;
      }
    }
  }
  const { positives, hits, negatives, rejected } = counts;
  // 0 / 0 is NaN: a class without positives, or without negatives, has no balanced accuracy.
  const each = hits.map((count, c) => (count / positives[c]! + rejected[c]! / negatives[c]!) / 2);
  const averaged = each.filter((value, c) => !Number.isNaN(value) && included?.[c] !== 0);
  const macro = averaged.length === 0 ? null : averaged.reduce((sum, value) => sum + value, 0) / averaged.length;
  return { values: { macro }, perClass: { each } };
}

const UNKNOWN = -1;
const NEGATIVE = 0;
const POSITIVE = 1;

/** What each entry of a row is. Labels are sparse: what is listed nowhere is negative, or unknown. */
function readRow({ positives, unlisted, exceptions }: SparseLabels, row: number, into: Int8Array): void {
  into.fill(unlisted === 'negative' ? NEGATIVE : UNKNOWN);
  if (exceptions) for (const c of rowOf(exceptions, row)) into[c] = unlisted === 'negative' ? UNKNOWN : NEGATIVE;
  const { offsets, classes, values } = positives;
  for (let i = offsets[row]!; i < offsets[row + 1]!; i++)
    into[classes[i]!] = (values?.[i] ?? 1) >= 0.5 ? POSITIVE : NEGATIVE; // a soft target
}

const zeros = (length: number): Float64Array => new Float64Array(length);
