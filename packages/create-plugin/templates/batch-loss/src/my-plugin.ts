import { z, type BatchLoss } from '@counterweight/core';
import * as tf from '@tensorflow/tfjs-core';

export const options = z.strictObject({
  slope: z
    .number()
    .gt(0)
    .max(30)
    .default(1)
    .describe('Steepness β of the soft decision; a large one counts hard ones.'),
  offset: z.number().min(-30).max(30).default(0).describe('Added to a logit before it is decided: η.'),
});
export type MyPluginOptions = z.output<typeof options>;

/**
 * One minus the soft F1 of each class, averaged over the classes with a positive in the batch. With S = σ(β(z + η)):
 *
 *     F1_c = 2 Σ_i S_ic·y_ic / (Σ_i S_ic + Σ_i y_ic)        L = 1 − mean_c F1_c
 *
 * Bénédict et al. 2022, "sigmoidF1: a smooth F1 score surrogate loss for multilabel classification".
 */
export const myPlugin = ({ slope, offset }: MyPluginOptions): BatchLoss => ({
  kind: 'batch',
  compute: (logits, batch) => {
    const [targets, known] = [batch.targets(), batch.known()];
    // `where` first: an unknown entry counts nothing, even where its logit is not a number.
    const read = known ? tf.where(tf.cast(known, 'bool'), logits, tf.zerosLike(logits)) : logits;
    const soft = tf.sigmoid(tf.mul(tf.add(read, offset), slope));
    const decided = known ? tf.mul(soft, known) : soft;
    const hits = tf.sum(tf.mul(decided, targets), 0);
    const positives = tf.sum(targets, 0);
    const present = tf.cast(tf.greater(positives, 0), 'float32');
    const f1 = tf.div(tf.mul(hits, 2), tf.maximum(tf.add(tf.sum(decided, 0), positives), TINY));
    const missed = tf.mul(tf.sub(1, f1), present);
    return tf.div<tf.Scalar>(tf.sum(missed), tf.maximum(tf.sum(present), 1));
  },
});

/** In place of 0 / 0, for a class of which nothing is known. */
const TINY = 1e-20;
