import type { Evaluation } from '@counterweight/core';

import { errors } from './errors.js';
import { ratio } from './means.js';
import { blocks, checkShapes } from './scores.js';
import { eachKnownRun, eachPositive } from './targets.js';

export interface PrecisionAtK {
  readonly values: {
    readonly k: number;
    /** Mean over the rows with a known entry; null without any. */
    readonly precision: number | null;
  };
}

/**
 * Precision among the k best classes of a row, averaged over rows. Ties are taken in expectation over a random order: of s
 * tied classes with h positive ones that share t of the first k ranks, h·t/s count; the order of columns never matters.
 * Unknown entries and classes that are not included are not ranked; a row with fewer than k others is judged on those.
 * Time O(entries · log k) at worst, memory O(k).
 * @throws k-out-of-range: k is not a whole number from 1 to the number of classes; not-finite; scores-mismatch
 */
export async function precisionAtK(evaluation: Evaluation, k: number): Promise<PrecisionAtK> {
  checkShapes(evaluation);
  const { scores, labels, included } = evaluation;
  const { columns } = labels;
  if (!Number.isInteger(k) || k < 1 || k > columns) throw errors['k-out-of-range']({ k, classes: columns });
  const ranked = new Float32Array(columns);
  let sum = 0;
  let judged = 0;
  for await (const { from: start, rows, values } of blocks(scores))
    for (let row = start; row < start + rows; row++) {
      const at = (row - start) * columns;
      let n = 0;
      eachKnownRun(labels, row, (from, to) => {
        for (let column = from; column < to; column++) {
          if (included?.[column] === 0) continue;
          const score = values[at + column]!;
          if (Number.isNaN(score)) throw errors['not-finite']({ row, column });
          ranked[n++] = score;
        }
      });
      if (n === 0) continue;
      const ranks = Math.min(k, n);
      const { last, above, tied } = kthLargest(ranked.subarray(0, n), ranks);
      eachPositive(labels, row, (column) => {
        const score = values[at + column]!;
        if (included?.[column] === 0 || score < last) return;
        sum += (score > last ? 1 : (ranks - above) / tied) / ranks;
      });
      judged += 1;
    }
  return { values: { k, precision: ratio(sum, judged) } };
}

/** The k-th largest of n ≥ k numbers, how many are larger and how many equal it. */
function kthLargest(numbers: Float32Array, k: number): { last: number; above: number; tied: number } {
  const best = numbers.slice(0, k).sort(); // a heap with the least first: ascending is one
  for (let i = k; i < numbers.length; i++) if (numbers[i]! > best[0]!) replaceLeast(best, numbers[i]!);
  const last = best[0]!;
  let [above, tied] = [0, 0];
  for (const number of numbers) {
    if (number > last) above += 1;
    else if (number === last) tied += 1;
  }
  return { last, above, tied };
}

function replaceLeast(heap: Float32Array, number: number): void {
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child += 1;
    if (heap[child]! >= number) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = number;
}
