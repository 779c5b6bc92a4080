import type { Evaluation, Scores } from '@counterweight/core';

import { errors } from './errors.js';

/**
 * Scores that lie in memory.
 * @param values row-major [rows, columns], not copied
 * @throws scores-mismatch: another number of values
 */
export function matrixScores(values: Float32Array, rows: number, columns: number): Scores {
  if (values.length !== rows * columns)
    throw errors['scores-mismatch']({
      found: `${values.length} scores`,
      expected: `${rows} rows × ${columns} classes = ${rows * columns}`,
    });
  return { rows, columns, block: (from, to) => values.subarray(from * columns, to * columns) };
}

/** Some consecutive rows of scores; `values` is row-major [rows, columns], to be read only. */
export interface Block {
  readonly from: number;
  readonly rows: number;
  readonly values: Float32Array;
}

/** 4 MB of scores at a time, and so few rows that a column of the block stays in the processor's first cache. */
const BLOCK_SCORES = 2 ** 22;
const BLOCK_ROWS = 512;

/** All rows in order, a block at a time. */
export async function* blocks(scores: Scores): AsyncGenerator<Block> {
  const { rows, columns } = scores;
  const height = Math.min(Math.max(Math.floor(BLOCK_SCORES / Math.max(columns, 1)), 1), BLOCK_ROWS);
  for (let from = 0; from < rows; from += height) {
    const to = Math.min(from + height, rows);
    const values = await scores.block(from, to);
    if (values.length !== (to - from) * columns)
      throw errors['scores-mismatch']({
        found: `a block of ${values.length} scores for rows ${from} to ${to}`,
        expected: `${to - from} rows × ${columns} classes = ${(to - from) * columns}`,
      });
    yield { from, rows: to - from, values };
  }
}

/** @throws scores-mismatch */
export function checkShapes({ scores, labels, training, included, thresholds }: Evaluation): void {
  const { rows, columns } = labels;
  if (scores.rows !== rows || scores.columns !== columns)
    throw errors['scores-mismatch']({
      found: `scores of ${scores.rows} rows × ${scores.columns} classes`,
      expected: `${rows} × ${columns}, as the labels`,
    });
  for (const [name, array] of Object.entries({ 'training.positives': training.positives, included, thresholds }))
    if (array && array.length !== columns)
      throw errors['scores-mismatch']({
        found: `${name} of ${array.length} classes`,
        expected: `${columns}, as the labels`,
      });
}
