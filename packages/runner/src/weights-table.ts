import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { parse } from 'csv-parse/sync';

import { errors } from './errors.js';

/**
 * Reads class weights, a CSV with the columns `class,weight` and every class once.
 * @returns [classes], in the order of `classes`
 * @throws weights-table
 */
export function readWeightsTable(path: string, folder: string, classes: readonly string[]): Float64Array {
  const fail = (found: string, line?: number) =>
    errors['weights-table']({ found }, { place: { file: path, ...(line !== undefined && { line }) } });
  const rows = records(resolve(folder, path), fail);
  const columns = rows[0]?.record.join(',');
  if (columns !== 'class,weight') throw fail(`the columns ${columns ?? '(none)'}`, 1);

  const index = new Map(classes.map((name, i) => [name, i]));
  const weights = new Float64Array(classes.length).fill(NaN);
  for (const { record, info } of rows.slice(1)) {
    const [name = '', text = ''] = record;
    const at = index.get(name);
    const weight = text.trim() === '' ? NaN : Number(text);
    if (at === undefined) throw fail(`${name}, which is no class of the data`, info.lines);
    if (!Number.isNaN(weights[at])) throw fail(`${name}, again`, info.lines);
    if (!(weight >= 0 && weight < Infinity)) throw fail(`weight '${text}' for ${name}`, info.lines);
    weights[at] = weight;
  }
  const missing = classes.filter((_, i) => Number.isNaN(weights[i]));
  if (missing.length > 0)
    throw fail(
      `no weight for ${missing.slice(0, 10).join(', ')}${missing.length > 10 ? `, … (${missing.length})` : ''}`,
    );
  return weights;
}

interface Row {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

function records(file: string, fail: (found: string) => Error): readonly Row[] {
  try {
    const rows: unknown = parse(readFileSync(file), { bom: true, info: true, skip_empty_lines: true });
    return rows as Row[];
  } catch (error) {
    throw fail((error as Error).message);
  }
}
