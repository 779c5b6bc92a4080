/** What of a loss made a value or gradient at finite logits that is not finite. Slow: asked once something went wrong. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';

import type { BatchLabels, BatchLoss, ElementwiseLoss } from '@counterweight/core';

import { faultyEntry, inTidy, isFault, largest, type Culprit } from './culprit.js';
import type { EntryValues } from './entry-values.js';
import { methodOf } from './plugin-call.js';

/** @param evaluate the loss's curves at the logits */
export const elementwiseCulprit = (
  loss: ElementwiseLoss,
  evaluate: () => EntryValues,
  logits: Tensor2D,
  batch: BatchLabels,
): Culprit | undefined =>
  inTidy(() => {
    const { values, slopes } = evaluate();
    const wrong = faultyEntry('loss', values, logits, batch) ?? faultyEntry('slope', slopes, logits, batch);
    const expected = 'finite values and slopes at finite logits';
    if (wrong !== undefined) return { method: methodOf(loss, 'loss', 'curves'), found: wrong, expected };
    const weights = loss.entryWeights?.(batch);
    const found = weights && faultyEntry('weight', weights, tf.zerosLike(logits), batch);
    if (found === undefined) return undefined; // a miner's weights are looked at in each step
    return { method: methodOf(loss, 'loss', 'entryWeights'), found, expected: 'finite weights' };
  });

export const batchCulprit = (loss: BatchLoss, logits: Tensor2D, batch: BatchLabels): Culprit | undefined =>
  inTidy(() => {
    const most = largest(logits.dataSync());
    const { value, grad } = tf.valueAndGrad((z: Tensor) => loss.compute(z as Tensor2D, batch))(logits);
    const [found, slope] = [value.dataSync()[0]!, largest(grad.dataSync())];
    const wrong = isFault(found, most) ? `loss ${found}` : isFault(slope, most) ? `a gradient of ${slope}` : undefined;
    return wrong === undefined
      ? undefined
      : {
          method: methodOf(loss, 'loss', 'compute'),
          found: `${wrong} at logits of ${most.toPrecision(4)} at most`,
          expected: 'a finite value and gradient at finite logits',
        };
  });
