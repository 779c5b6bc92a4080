import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';

import { evaluate, slope, value, type BatchLabels, type Curves, type Expression } from '@counterweight/core';

import { entryIndex } from './batch-labels.js';
import type { ClassTables } from './class-tables.js';
import { dense, tensorOperations } from './tensor-operations.js';

/** The four functions of a loss at one epoch: value and slope for a positive, value and slope for a negative. */
export interface LossFunctions {
  readonly positive: readonly [value: Expression, slope: Expression];
  readonly negative: readonly [value: Expression, slope: Expression];
}

export const lossFunctions = ({ positive, negative }: Curves): LossFunctions => ({
  positive: [value(positive), slope(positive)],
  negative: [value(negative), slope(negative)],
});

/** Loss and its slope by the logit, per entry; exactly 0 at unknown entries, whatever their logit. */
export interface EntryValues {
  readonly values: Tensor2D;
  readonly slopes: Tensor2D;
}

/**
 * Evaluates the negative curve densely and replaces both results at listed entries. Replaced, not corrected by a difference:
 * added in float32 the tail is lost, and a negative curve that overflows at a positive would leave Inf − Inf.
 * Where only listed entries are known, only those are evaluated. Call inside `tidy`.
 * @param logits [batch, classes]
 */
export function entryValues(
  functions: LossFunctions,
  logits: Tensor2D,
  batch: BatchLabels,
  tables: ClassTables,
): EntryValues {
  const { positives, exceptions, unlisted } = batch.labels;
  const { shape } = logits;
  const listed: Listed[] = [];
  if (positives.classes.length > 0) listed.push(atPositives(functions, logits, batch, tables));
  if (exceptions && exceptions.classes.length > 0) {
    const index = entryIndex(exceptions);
    const zero = (): Tensor1D => tf.zeros([exceptions.classes.length]);
    const [values, slopes] =
      unlisted === 'negative'
        ? [zero(), zero()]
        : gathered(functions.negative, logits, index, exceptions.classes, tables);
    listed.push({ index, values: values!, slopes: slopes! });
  }
  const [values, slopes] =
    unlisted === 'negative'
      ? evaluate(functions.negative, tensorOperations(logits, tables.dense)).map((x) => dense<Tensor2D>(x, shape))
      : [tf.zeros<tf.Rank.R2>(shape), tf.zeros<tf.Rank.R2>(shape)];
  if (listed.length === 0) return { values: values!, slopes: slopes! };
  const index = joined(listed.map((part) => part.index));
  return {
    values: tf.tensorScatterUpdate(values!, index, joined(listed.map((part) => part.values))),
    slopes: tf.tensorScatterUpdate(slopes!, index, joined(listed.map((part) => part.slopes))),
  };
}

interface Listed {
  /** int32 [entries, 2] */
  readonly index: Tensor2D;
  readonly values: Tensor1D;
  readonly slopes: Tensor1D;
}

/** y·l1 + (1 − y)·l0 and its slope; for hard labels only the positive curve is evaluated. */
function atPositives(functions: LossFunctions, logits: Tensor2D, batch: BatchLabels, tables: ClassTables): Listed {
  const { classes, values: targets } = batch.labels.positives;
  const index = batch.index();
  const hard = !targets?.some((y) => y < 1);
  const roots = hard ? functions.positive : [...functions.positive, ...functions.negative];
  const [l1, g1, l0, g0] = gathered(roots, logits, index, classes, tables);
  if (hard) return { index, values: l1!, slopes: g1! };
  const y = tf.tensor1d(targets!.slice());
  const not = tf.sub<Tensor1D>(1, y);
  const mixed = (one: Tensor1D, zero: Tensor1D): Tensor1D => tf.add(tf.mul(y, one), tf.mul(not, zero));
  return { index, values: mixed(l1!, l0!), slopes: mixed(g1!, g0!) };
}

/** Expressions at the entries of an index. */
function gathered(
  roots: readonly Expression[],
  logits: Tensor2D,
  index: Tensor2D,
  classes: Uint16Array | Uint32Array,
  tables: ClassTables,
): Tensor1D[] {
  let columns: Tensor1D | undefined;
  const table = (values: Float64Array): Tensor1D =>
    tables.gathered(values, (columns ??= tf.tensor1d(Int32Array.from(classes), 'int32')));
  return evaluate(roots, tensorOperations(tf.gatherND(logits, index), table)).map((x) =>
    dense<Tensor1D>(x, [classes.length]),
  );
}

const joined = <T extends Tensor1D | Tensor2D>(parts: T[]): T => (parts.length === 1 ? parts[0]! : tf.concat(parts));
