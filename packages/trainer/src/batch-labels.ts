import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';

import { selectRows, type BatchLabels, type Csr, type SparseLabels } from '@counterweight/core';

/** A batch's labels with the tensors made from them; who makes it frees it after the step. */
export interface OwnedBatchLabels extends BatchLabels {
  dispose(): void;
}

/**
 * The labels of one batch.
 * @param all the data set's labels
 * @param examples [batch] rows of `all`, repeats allowed
 */
export function batchLabels(all: SparseLabels, examples: Int32Array, epoch: number): OwnedBatchLabels {
  const labels = selectRows(all, examples);
  const { positives, exceptions, unlisted, columns } = labels;
  const shape: [number, number] = [examples.length, columns];
  const excepted = exceptions?.classes.length ?? 0;
  const kept: Tensor[] = [];
  const once = <T extends Tensor>(make: () => T): (() => T) => {
    let made: T | undefined;
    return () => {
      if (!made) {
        made = tf.keep(tf.tidy(make));
        kept.push(made);
      }
      return made;
    };
  };

  const index = once(() => entryIndex(positives));
  const targets = once(() => scatter(index(), positives.values ?? 1, shape));
  const known = once(() => {
    const listed = tf.tidy(() => scatter(entryIndex(exceptions), 1, shape));
    if (unlisted === 'negative') return tf.sub<Tensor2D>(1, listed);
    return tf.add<Tensor2D>(listed, scatter(index(), 1, shape));
  });
  return {
    examples,
    columns,
    epoch,
    labels,
    positiveIds: positiveIds(all.positives, examples, positives.classes.length),
    counts: {
      positives: positives.classes.length,
      known: unlisted === 'negative' ? examples.length * columns - excepted : positives.classes.length + excepted,
    },
    index,
    targets,
    known: () => (unlisted === 'negative' && excepted === 0 ? null : known()),
    dispose: () => {
      tf.dispose(kept);
    },
  };
}

/** Row and class of each entry listed, int32 [entries, 2]. */
export function entryIndex(csr: Csr | undefined): Tensor2D {
  const entries = csr?.classes.length ?? 0;
  const index = new Int32Array(2 * entries);
  for (let row = 0; csr && row + 1 < csr.offsets.length; row++)
    for (let i = csr.offsets[row]!; i < csr.offsets[row + 1]!; i++) {
      index[2 * i] = row;
      index[2 * i + 1] = csr.classes[i]!;
    }
  return tf.tensor2d(index, [entries, 2], 'int32');
}

/** Dense zeros but for the entries of the index. */
function scatter(index: Tensor2D, values: Float32Array | number, shape: [number, number]): Tensor2D {
  const entries = index.shape[0];
  if (entries === 0) return tf.zeros(shape);
  const updates = typeof values === 'number' ? tf.fill([entries], values) : tf.tensor1d(values.slice());
  return tf.scatterND<tf.Rank.R2>(index, updates, shape);
}

function positiveIds({ offsets }: Csr, examples: Int32Array, entries: number): Uint32Array {
  const ids = new Uint32Array(entries);
  let at = 0;
  for (const example of examples) for (let id = offsets[example]!; id < offsets[example + 1]!; id++) ids[at++] = id;
  return ids;
}
