import { z } from '@counterweight/core';

import { errors } from './errors.js';

/** A line of the table, labelled or not. */
interface Line {
  readonly id: string;
  readonly features: readonly number[];
}

/**
 * Every line as its schema says; empty lines are passed over.
 * @throws my-plugin-line: no JSON, not as the schema says, an id twice, another number of features; no line at all
 */
export function readLines<T extends Line>(file: string, text: string, schema: z.ZodType<T>): readonly T[] {
  const rows: T[] = [];
  const ids = new Set<string>();
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const fail = (found: string) => errors['my-plugin-line']({ found }, { place: { file, line: i + 1 } });
    const { success, data: row, error } = schema.safeParse(parsed(line));
    if (!success) throw fail(z.prettifyError(error));
    const width = rows[0]?.features.length ?? row.features.length;
    if (row.features.length !== width) throw fail(`${row.features.length} features, ${width} in the first line`);
    if (ids.has(row.id)) throw fail(`the id ${JSON.stringify(row.id)}, which another line has`);
    ids.add(row.id);
    rows.push(row);
  }
  if (rows.length === 0) throw errors['my-plugin-line']({ found: 'no line' }, { place: { file } });
  return rows;
}

/** Undefined, which no schema here takes, where it is no JSON. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
