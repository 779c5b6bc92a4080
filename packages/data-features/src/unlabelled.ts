import type { Inputs, InputSource } from '@counterweight/core';

import { errors } from './errors.js';
import { floats } from './matrix.js';
import { openMatrix } from './open-matrix.js';
import { survey } from './survey.js';

/**
 * Features without labels, for `predict`. An example is called by its id, or by the number of its row, from 0.
 * @throws features-width-differs, features-not-finite, and what `openMatrix` throws
 */
export async function unlabelled(
  { array }: { readonly array?: string | undefined },
  source: InputSource,
): Promise<Inputs> {
  const { path, input } = source;
  const matrix = await openMatrix(path, array);
  try {
    const place = { file: path };
    if (input.shape.length !== 1 || input.shape[0] !== matrix.columns)
      throw errors['features-width-differs']({ columns: matrix.columns, expected: input.shape }, { place });
    const { bad, badCount } = await survey(matrix);
    if (badCount > 0) throw errors['features-not-finite']({ entries: bad, total: badCount }, { place });
  } catch (error) {
    await matrix.close();
    throw error;
  }
  return {
    count: matrix.rows,
    id: (example) => matrix.ids?.[example] ?? String(example),
    read: async (examples, into) => matrix.read(examples, floats(into)),
    close: () => matrix.close(),
  };
}
