import { selectRows, type SparseLabels } from '@counterweight/core';

import { readClassList } from './class-list.js';
import { csvForm } from './csv-form.js';
import { csvRecords } from './csv.js';
import { errors } from './errors.js';
import { jsonRow } from './json-rows.js';
import { eachLine } from './lines.js';
import type { TableOptions } from './row.js';
import { TableBuilder } from './table-builder.js';
import { quote, some } from './wording.js';

/** Labels of examples as a file gives them, and what else it says of each example. */
export interface LabelTable {
  readonly file: string;
  /** [examples] the key column (`image`, or `id`), each once; '' where there is none. */
  readonly ids: readonly string[];
  /** [examples] line in the file, from 1. */
  readonly lines: Int32Array;
  /** Ascending UTF-16 code units, or the order of the class list. */
  readonly classes: readonly string[];
  /** A row per example. */
  readonly labels: SparseLabels;
  /** [examples] indices into core's SPLITS, where the table has a column `split`. */
  readonly splits?: Uint8Array;
  /** [examples] equal for examples of a group, where any has one. */
  readonly groups?: Int32Array;
  /** [examples] finite, at least 0, where the table has a column `weight`. */
  readonly exampleWeights?: Float32Array;
  /** What was noticed about the file, counted and listed, in words; about its labels: `labelNotices`. */
  readonly notices: readonly string[];
}

/**
 * Reads a label table: CSV with labels in a cell, CSV with a column per class, or JSON Lines (a name in `.jsonl` or `.ndjson`);
 * each may be packed with gzip (`.gz`). Streams: memory grows with the labels (4 to 6 bytes each), not with the text.
 * @throws table-unreadable, table-text-invalid, table-columns-invalid, table-rows-invalid (all rows at once), table-empty,
 *   class-list-invalid
 */
export async function readLabelTable(file: string, options: TableOptions): Promise<LabelTable> {
  const list = options.classes === undefined ? undefined : await readClassList(options.classes);
  const builder = new TableBuilder(file, options, list);
  const unread = new Set<string>();
  const notices: string[] = [];

  if (/\.(jsonl|ndjson)(\.gz)?$/i.test(file))
    await eachLine(file, (text, line) => {
      if (text.trim() === '') return;
      const row = jsonRow(text, line, options.key, unread);
      if (typeof row === 'string') builder.reject(line, row);
      else builder.add(row);
    });
  else {
    let form: ReturnType<typeof csvForm> | undefined;
    for await (const { cells, line } of csvRecords(file)) {
      if (form) {
        builder.add(form.row(cells, line));
        continue;
      }
      form = csvForm(cells, { file, line }, options, list);
      form.unread.forEach((name) => unread.add(name));
      builder.classes.declare(form.classes ?? []);
      notices.push(...form.notices);
    }
    if (!form)
      throw errors['table-columns-invalid'](
        { header: [], what: 'an empty file', key: options.key },
        { place: { file, line: 1 } },
      );
  }
  if (unread.size > 0) notices.unshift(`Columns that are not read: ${some(Array.from(unread, quote))}.`);
  return builder.finish(notices);
}

/** The table without the other rows. @param rows ascending indices of examples to keep */
export function keepExamples(table: LabelTable, rows: Int32Array): LabelTable {
  const { ids, lines, labels, splits, groups, exampleWeights } = table;
  const pick = <A extends Int32Array | Uint8Array | Float32Array>(values: A, into: A): A => {
    rows.forEach((row, i) => (into[i] = values[row]!));
    return into;
  };
  return {
    ...table,
    ids: Array.from(rows, (row) => ids[row]!),
    lines: pick(lines, new Int32Array(rows.length)),
    labels: selectRows(labels, rows),
    ...(splits && { splits: pick(splits, new Uint8Array(rows.length)) }),
    ...(groups && { groups: pick(groups, new Int32Array(rows.length)) }),
    ...(exampleWeights && { exampleWeights: pick(exampleWeights, new Float32Array(rows.length)) }),
  };
}
