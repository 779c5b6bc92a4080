import type { Inputs, InputSource } from '@counterweight/core';

import { errors } from './errors.js';
import { floats } from './matrix.js';
import { openMatrix } from './open-matrix.js';
import { leftOut, survey } from './survey.js';

/**
 * Features without labels, for `predict`. An example is called by its id, or by the number of its row, from 0.
 * @throws features-width-differs, features-not-finite (with `strict: false` where all are; else these rows are `unreadable`), and
 *   what `openMatrix` throws
 */
export async function unlabelled(
  { array, strict }: { readonly array?: string | undefined; readonly strict: boolean },
  source: InputSource,
): Promise<Inputs> {
  const { path, input, logger } = source;
  const matrix = await openMatrix(path, array);
  const unreadable = new Set<number>();
  try {
    const place = { file: path };
    if (input.shape.length !== 1 || input.shape[0] !== matrix.columns)
      throw errors['features-width-differs']({ columns: matrix.columns, expected: input.shape }, { place });
    const found = await survey(matrix);
    const { bad, badCount, badRows } = found;
    if (badCount > 0 && (strict || badRows.length === matrix.rows))
      throw errors['features-not-finite']({ entries: bad, total: badCount }, { place });
    if (badCount > 0) logger.warn(leftOut(badRows.length, found));
    for (const row of badRows) unreadable.add(row);
  } catch (error) {
    await matrix.close();
    throw error;
  }
  return {
    count: matrix.rows,
    id: (example) => matrix.ids?.[example] ?? String(example),
    unreadable,
    read: async (examples, into) => {
      await matrix.read(examples, floats(into));
      examples.forEach((example, i) => {
        if (unreadable.has(example)) into.fill(0, i * matrix.columns, (i + 1) * matrix.columns);
      });
    },
    close: () => matrix.close(),
  };
}
