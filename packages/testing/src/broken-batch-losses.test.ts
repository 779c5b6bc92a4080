/** Every check of a batch loss catches a plugin that breaks its law. */
import { definePlugin, z, type AnyPlugin, type BatchLabels, type BatchLoss } from '@counterweight/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

import { batchLossChecks, batchLossConformance } from './conformance.js';
import { rememberingPlugin, softF1, softF1Plugin, twoWayPlugin } from './fixtures/batch-losses.js';
import { proven, type Broken } from './fixtures/proven.js';

const strict = z.strictObject({});
const plugin = (create: () => BatchLoss): AnyPlugin<'loss'> =>
  definePlugin({ kind: 'loss', name: 'broken', options: strict, create });
const computing = (compute: BatchLoss['compute'], more: Partial<BatchLoss> = {}): AnyPlugin<'loss'> =>
  plugin(() => ({ kind: 'batch', compute, ...more }));
/** Soft-F1, its value times something. */
const times = (factor: (logits: Tensor2D, batch: BatchLabels) => number | Scalar): AnyPlugin<'loss'> =>
  computing((logits, batch) => tf.mul(softF1(logits, batch), factor(logits, batch)));
/** Squared errors of known entries, [batch, classes]. */
function softErrors(logits: Tensor2D, batch: BatchLabels): Tensor2D {
  const known = batch.known() ?? tf.onesLike(batch.targets());
  const safe = tf.where(tf.cast(known, 'bool'), logits, tf.zerosLike(logits));
  return tf.mul(tf.square(tf.sub(tf.sigmoid(safe), batch.targets())), known);
}
/** What tfjs takes to be a constant. */
const constant = (make: () => tf.Tensor): tf.Tensor => tf.tensor(make().dataSync().slice(), make().shape);
/** Soft-F1 times a count of the calls. */
const counting = (memory: (calls: Float64Array) => Partial<BatchLoss>): AnyPlugin<'loss'> =>
  plugin(() => {
    const calls = new Float64Array(1);
    return {
      kind: 'batch',
      compute: (logits, batch) => tf.mul(softF1(logits, batch), ++calls[0]!),
      ...memory(calls),
    };
  });

const broken: Broken<'loss'> = {
  'an unknown option is refused and the options have a JSON Schema': {
    'a loose schema': definePlugin({
      kind: 'loss',
      name: 'broken',
      options: z.object({}),
      create: () => ({ kind: 'batch', compute: softF1 }),
    }),
  },
  'the value is one finite number in float32': {
    'a loss per class': computing((logits, batch) => tf.mean(tf.sub(logits, batch.targets()), 0)),
    'an integer': computing((logits) => tf.cast(tf.sum(logits), 'int32')),
    'a number that is no tensor': computing(() => 1 as unknown as Scalar),
    'one of infinite size': times(() => Infinity),
    'one that falls with the epochs before': times((_, { epoch }) => 1 / epoch),
  },
  'class weights are not declared: a batch loss takes none': {
    'weights as a default': { ...softF1Plugin, weights: { positive: { rule: 'ratio' } } },
  },
  'the gradient is the derivative of the value': {
    'a factor that tfjs does not see': times((logits) => tf.scalar(1 + tf.mean(tf.square(logits)).dataSync()[0]!)),
    'a prediction that is a constant in one place': computing((logits, batch) => {
      const known = batch.known() ?? tf.onesLike(batch.targets());
      const p = tf.mul(tf.sigmoid(tf.where(tf.cast(known, 'bool'), logits, tf.zerosLike(logits))), known);
      return tf.mean(
        tf.mul(
          p,
          constant(() => tf.sub(p, batch.targets())),
        ),
      );
    }),
    'a gradient written out, the mean forgotten': computing((logits, batch) => {
      const known = batch.known() ?? tf.onesLike(batch.targets());
      return tf.customGrad<tf.Scalar>((z, save) => {
        const p = tf.mul(
          tf.sigmoid(tf.where(tf.cast(known, 'bool'), z as Tensor2D, tf.zerosLike(z as Tensor2D))),
          known,
        );
        (save as tf.GradSaveFunc)([tf.mul(tf.mul(2, tf.square(p)), tf.sub(1, p))]);
        return { value: tf.mean(tf.square(p)), gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(dy, saved[0]!) };
      })(logits);
    }),
  },
  'value and gradient are finite for logits of ±80 and for equal ones': {
    'the logarithm of a probability that rounds to 0': computing((logits) =>
      tf.neg(tf.mean(tf.log(tf.sub(1, tf.sigmoid(logits))))),
    ),
    'a root that is steep at 0': computing((logits) => tf.sqrt(tf.mean(tf.square(tf.sub(logits, tf.mean(logits)))))),
  },
  'unknown entries change nothing, whatever logit stands there, and get no gradient': {
    'left out after they were squared': computing((logits, batch) => {
      const errors = tf.square(tf.sub(tf.sigmoid(logits), batch.targets()));
      const known = tf.cast(batch.known() ?? tf.onesLike(errors), 'bool');
      return tf.mean(tf.where(known, errors, tf.zerosLike(errors))); // the value is well, the gradient 0 · NaN
    }),
    'a mask that is forgotten': computing((logits, batch) =>
      tf.mean(tf.square(tf.sub(tf.sigmoid(logits), batch.targets()))),
    ),
    'a mask that multiplies: 0 · NaN': computing((logits, batch) =>
      tf.mean(tf.mul(tf.sigmoid(logits), batch.known() ?? 1)),
    ),
  },
  'batches of one row, of one class, without positives, of positives only and without anything known are fine': {
    'a mean over the positives': computing((logits, batch) => {
      const known = batch.known() ?? tf.onesLike(batch.targets());
      const z = tf.where(tf.cast(known, 'bool'), logits, tf.zerosLike(logits));
      return tf.div(tf.sum(tf.mul(tf.sigmoid(z), batch.targets())), batch.counts.positives);
    }),
    'a variance between classes, divided by their number less one': times((logits, { columns }) =>
      tf.div(tf.sum(tf.square(tf.sub(tf.mean(tf.sigmoid(logits), 0), 0.5))), columns - 1),
    ),
  },
  'soft targets count, or the loss declares that it takes none': {
    'another scale where targets are written out': times((_, { labels }) => (labels.positives.values ? 2 : 1)),
    'targets that are read as positives': computing((logits, batch) =>
      softF1(logits, { ...batch, targets: () => tf.cast(tf.greater(batch.targets(), 0), 'float32') }),
    ),
  },
  'the order of the rows changes nothing': {
    'a memory of rows': plugin(() => {
      let factors = new Float32Array(8).fill(1);
      return {
        kind: 'batch',
        compute: (logits, batch) => {
          const { rows } = batch.labels;
          const loss = tf.mean<Scalar>(
            tf.mul(softErrors(logits, batch), tf.tensor2d(factors.slice(0, rows), [rows, 1])),
          );
          factors = factors.map((factor, row) => (row < rows ? factor / (1 + batch.examples[row]!) : factor));
          return loss;
        },
        save: () => ({ factors: factors.slice() }),
        load: (state) => {
          factors = Float32Array.from(state['factors']!);
        },
      };
    }),
    'the first row counts twice': computing((logits, batch) =>
      tf.add(softF1(logits, batch), tf.mean(tf.square(tf.sub(tf.sigmoid(tf.slice(logits, 0, 1)), 1)))),
    ),
  },
  'no tensor is left behind, neither by `create` nor by any step': {
    'tf.keep': times(() => tf.keep(tf.scalar(1))),
    'a tensor of the last step': plugin(() => {
      let last: Scalar | undefined;
      return {
        kind: 'batch',
        compute: (logits, batch) => {
          last?.dispose();
          last = tf.keep(softF1(logits, batch));
          return last;
        },
      };
    }),
    'a table that is made at once': plugin(() => {
      const one = tf.scalar(1);
      return { kind: 'batch', compute: (logits, batch) => tf.mul(softF1(logits, batch), one) };
    }),
  },
  'logits and labels are not changed': {
    'targets rewritten': times((_, { labels }) => {
      labels.positives.classes[0]! ^= 1;
      return 1;
    }),
    'targets freed': times((_, batch) => {
      batch.targets().dispose();
      return 1;
    }),
    'logits centred in place': times((logits) => {
      logits.dataSync()[0]! += 1;
      return 1;
    }),
  },
  'a fresh instance gives the same bits': {
    noise: times(() => 1 + Math.random()),
    'a number drawn when it is created': plugin(() => {
      const factor = Math.random();
      return { kind: 'batch', compute: (logits, batch) => tf.mul(softF1(logits, batch), factor) };
    }),
  },
  'what it remembers is saved: stopped and loaded elsewhere, the same bits follow': {
    'a memory that is not saved': counting(() => ({})),
    'a save that forgets': counting(() => ({ save: () => ({}), load: () => undefined })),
    'a load that adds': counting((calls) => ({
      save: () => ({ calls: calls.slice() }),
      load: (state) => {
        calls[0]! += state['calls']![0]!;
      },
    })),
    'epochs counted inside': plugin(() => {
      let [epochs, last] = [0, -1];
      return {
        kind: 'batch',
        compute: (logits, batch) => {
          if (batch.epoch !== last) epochs++;
          last = batch.epoch;
          return tf.mul(softF1(logits, batch), epochs);
        },
      };
    }),
    'nothing to save before the first step': plugin(() => {
      let usual: number | undefined;
      return {
        kind: 'batch',
        compute: (logits, batch) => {
          const factor = usual ?? 1;
          usual = factor / 2;
          return tf.mul(softF1(logits, batch), factor);
        },
        save: () => ({ usual: Float64Array.of(usual!) }),
        load: (state) => {
          usual = state['usual']![0]!;
        },
      };
    }),
    'save alone': counting((calls) => ({ save: () => ({ calls: calls.slice() }) })),
    'an array that a checkpoint cannot hold': counting((calls) => ({
      save: () => ({ calls: BigInt64Array.of(BigInt(calls[0]!)) as unknown as Float64Array }),
      load: (state) => {
        calls[0] = Number(state['calls']![0]);
      },
    })),
  },
  'saved arrays are copies, and loaded ones are copied': {
    'the memory itself is saved': counting((calls) => ({
      save: () => ({ calls }),
      load: (state) => {
        calls.set(state['calls']!);
      },
    })),
    'what is loaded becomes the memory': plugin(() => {
      let calls = new Float64Array(1);
      return {
        kind: 'batch',
        compute: (logits, batch) => tf.mul(softF1(logits, batch), ++calls[0]!),
        save: () => ({ calls: calls.slice() }),
        load: (state) => {
          calls = state['calls'] as Float64Array<ArrayBuffer>;
        },
      };
    }),
  },
};

proven(batchLossChecks, broken);

test('an elementwise loss is named', async () => {
  const elementwise = definePlugin({
    kind: 'loss',
    name: 'bce',
    options: strict,
    create: () => ({ kind: 'elementwise', curves: (z) => ({ positive: z.neg().softplus(), negative: z.softplus() }) }),
  });
  await expect(batchLossChecks[1]!.run(elementwise)).rejects.toThrow('kit-lacks-kind');
});

for (const sound of [softF1Plugin, twoWayPlugin, rememberingPlugin]) batchLossConformance({ test, plugin: sound });
