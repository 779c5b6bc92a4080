import { keepExamples, count, quote, some, type LabelTable, type Problem } from '@counterweight/label-table';

import { errors } from './errors.js';
import type { Matrix } from './matrix.js';

/** A label table whose example i has the features of row `rows[i]`. */
export interface Joined {
  readonly table: LabelTable;
  readonly rows: Int32Array;
  /** In words. */
  readonly notices: readonly string[];
}

/**
 * Finds the features of each example: by id where the file of features has ids, else by order.
 * @throws features-rows-differ, features-ids-repeated, features-rows-missing (`strict`; else the examples are left out)
 */
export function join(table: LabelTable, { ids, rows: count }: Matrix, strict: boolean): Joined {
  if (!ids) {
    if (count !== table.ids.length)
      throw errors['features-rows-differ'](
        { features: count, labels: table.ids.length },
        { place: { file: table.file } },
      );
    return { table, rows: Int32Array.from({ length: count }, (_, row) => row), notices: [] };
  }
  return joinById(table, rowsById(ids), strict);
}

function rowsById(ids: readonly string[]): ReadonlyMap<string, number> {
  const rows = new Map<string, number>();
  const repeated: string[] = [];
  ids.forEach((id, row) => {
    const name = id.trim();
    if (rows.has(name)) repeated.push(name);
    else rows.set(name, row);
  });
  if (repeated.length > 0) throw errors['features-ids-repeated']({ ids: repeated });
  return rows;
}

function joinById(table: LabelTable, rowOf: ReadonlyMap<string, number>, strict: boolean): Joined {
  const { file, ids, lines } = table;
  const found: number[] = [];
  const missing: Problem[] = [];
  ids.forEach((id, example) => {
    if (rowOf.has(id)) found.push(example);
    else missing.push({ line: lines[example]!, what: quote(id) });
  });
  if (missing.length > 0 && (strict || found.length === 0))
    throw errors['features-rows-missing']({ file, problems: missing }, { place: { file, line: missing[0]!.line } });
  const kept = missing.length === 0 ? table : keepExamples(table, Int32Array.from(found));
  const unlabelled = rowOf.size - found.length;
  return {
    table: kept,
    rows: Int32Array.from(kept.ids, (id) => rowOf.get(id)!),
    notices: [
      ...(missing.length === 0
        ? []
        : [
            `${count(missing.length, 'row')} of labels without features left out: ${some(missing.map(({ line, what }) => `line ${line}: ${what}`))}.`,
          ]),
      ...(unlabelled === 0 ? [] : [`${count(unlabelled, 'row')} of features without labels, not used.`]),
    ],
  };
}
