import { createHash } from 'node:crypto';
import { resolve } from 'node:path';

import type { Dataset, Logger, RandomStream } from '@counterweight/core';
import {
  hashLabels,
  keepExamples,
  labelNotices,
  readLabelTable,
  splitsOf,
  type LabelTable,
} from '@counterweight/label-table';

import { errors } from './errors.js';
import { join, type Joined } from './join.js';
import { floats, type Matrix } from './matrix.js';
import { openMatrix } from './open-matrix.js';
import type { FeaturesOptions } from './options.js';
import { leftOut, survey, type Survey } from './survey.js';

/**
 * Features of examples with a label table, from any backbone. Joined by id where the features have ids, else by order.
 * @throws the codes of `errors` and those of the label table
 */
export async function readFeatures(
  options: FeaturesOptions,
  base: string,
  random: RandomStream,
  logger: Logger,
): Promise<Dataset> {
  const file = resolve(base, options.features);
  const matrix = await openMatrix(file, options.array);
  try {
    logger.info(`${matrix.rows} × ${matrix.columns} features`);
    return await labelled(matrix, file, options, base, random);
  } catch (error) {
    await matrix.close();
    throw error;
  }
}

async function labelled(
  matrix: Matrix,
  file: string,
  { array: _, features: __, labels, classes, splits: shares, ...options }: FeaturesOptions,
  base: string,
  random: RandomStream,
): Promise<Dataset> {
  const read = await readLabelTable(resolve(base, labels), {
    ...options,
    ...(classes !== undefined && { classes: resolve(base, classes) }),
    key: 'id',
    keyRequired: matrix.ids !== undefined,
    byOrder: matrix.ids === undefined,
  });
  const found = await survey(matrix);
  const { table, rows, notices } = withoutBad(join(read, matrix, options.strict), found, options.strict, file);
  const contents = rows.map((row) => found.contents[row]!);
  const { splits, notices: dealt } = splitsOf(table, {
    shares,
    random: random.fork('splits'),
    contents,
    strict: options.strict,
  });
  const { exampleWeights } = table;
  return {
    classes: table.classes,
    input: { shape: [matrix.columns], dtype: 'float32' },
    labels: table.labels,
    ...(exampleWeights && { exampleWeights }),
    splits,
    fingerprint: fingerprint(found.sha256, rows, table, splits),
    notices: [...table.notices, ...notices, ...dealt, ...labelNotices(table, splits)],
    id: (example) => table.ids[example]! || String(rows[example]!),
    read: async (examples, into) =>
      matrix.read(
        examples.map((example) => rows[example]!),
        floats(into),
      ),
    close: () => matrix.close(),
  };
}

/** Without the examples whose features are not finite. @throws features-not-finite where that is not allowed */
function withoutBad(joined: Joined, found: Survey, strict: boolean, file: string): Joined {
  const { bad, badCount, badRows } = found;
  const isBad = new Set(badRows);
  const good = Int32Array.from(joined.rows.keys()).filter((example) => !isBad.has(joined.rows[example]!));
  if (badCount > 0 && (strict || good.length === 0))
    throw errors['features-not-finite']({ entries: bad, total: badCount }, { place: { file } });
  const left = joined.rows.length - good.length;
  if (left === 0) return joined;
  return {
    table: keepExamples(joined.table, good),
    rows: good.map((example) => joined.rows[example]!),
    notices: [...joined.notices, leftOut(left, found)],
  };
}

/** sha256 over what training sees: features in the order of the examples, classes, labels, weights and splits; not over names. */
function fingerprint(sha256: string, rows: Int32Array, table: LabelTable, splits: Dataset['splits']): string {
  const hash = createHash('sha256').update(JSON.stringify({ features: sha256 }));
  hashLabels(hash, table, splits);
  return hash.update(rows).digest('hex');
}
