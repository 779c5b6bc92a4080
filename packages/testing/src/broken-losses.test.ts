/** Every check of a loss catches a plugin that breaks its law. */
import {
  definePlugin,
  sigmoidPow,
  z,
  type AnyPlugin,
  type BatchLabels,
  type Curves,
  type ElementwiseLoss,
} from '@counterweight/core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

import { lossChecks, lossConformance } from './conformance.js';
import { proven, type Broken } from './fixtures/proven.js';

const bce: ElementwiseLoss = {
  kind: 'elementwise',
  curves: (logit) => ({ positive: logit.neg().softplus(), negative: logit.softplus() }),
};
const strict = z.strictObject({});
const plugin = (create: () => ElementwiseLoss): AnyPlugin<'loss'> =>
  definePlugin({ kind: 'loss', name: 'broken', options: strict, create });
const curves = (make: ElementwiseLoss['curves'], more: Partial<ElementwiseLoss> = {}): AnyPlugin<'loss'> =>
  plugin(() => ({ ...bce, ...more, curves: make }));
const weighing = (entryWeights: (batch: BatchLabels) => tf.Tensor2D): AnyPlugin<'loss'> =>
  plugin(() => ({ ...bce, link: 'none', entryWeights }));
const ones = ({ labels }: BatchLabels): tf.Tensor2D => tf.ones([labels.rows, labels.columns]);

/** As a class, its weights on the prototype: a copy of its own properties loses them. */
class Halved implements ElementwiseLoss {
  readonly kind = 'elementwise';
  readonly link = 'none';
  curves(...at: Parameters<ElementwiseLoss['curves']>): Curves {
    return bce.curves(...at);
  }
  entryWeights(batch: BatchLabels): tf.Tensor2D {
    return tf.mul(ones(batch), 0.5);
  }
}

const broken: Broken<'loss'> = {
  'an unknown option is refused and the options have a JSON Schema': {
    'a loose schema': definePlugin({ kind: 'loss', name: 'broken', options: z.object({}), create: () => bce }),
  },
  'values and slopes are finite for logits from −85 to 85': {
    'ln of a probability that rounds to 1': curves((logit) => ({
      positive: logit.neg().softplus(),
      negative: logit.sigmoid().neg().log1p().neg(),
    })),
  },
  'losses are at least 0, positives push up and negatives push down': {
    'a negative loss': curves((logit) => ({ positive: logit.neg().softplus().sub(0.5), negative: logit.softplus() })),
    'an outlier that no longer pulls': curves((logit) => ({
      positive: logit.neg().softplus().mul(logit.sigmoid()), // falls again where p is small
      negative: logit.softplus(),
    })),
    'Hill below λ = 1.5': curves((logit) => ({
      positive: logit.neg().softplus(),
      negative: logit.sigmoid().neg().add(1.2).mul(logit.sigmoid().pow(2)),
    })),
  },
  'slopes are the derivatives of the values': {
    'a slope written out, its factor forgotten': curves((logit) => ({
      positive: logit.neg().softplus(),
      negative: { value: logit.softplus().mul(2), slope: logit.sigmoid() },
    })),
    'a detached focus': curves((logit) => ({
      positive: logit.neg().softplus(),
      negative: sigmoidPow(logit, 2).constant().mul(logit.softplus()),
    })),
  },
  'the inverse link rises, or the loss declares that it has none': {
    'Hill with γ = 1': curves((logit) => ({
      positive: sigmoidPow(logit.sub(1).neg(), 1).mul(logit.sub(1).neg().softplus()),
      negative: logit.sigmoid().neg().add(1.5).mul(logit.sigmoid().pow(2)),
    })),
  },
  'curves are a pure function of the logit and the epoch': {
    'a counter inside': plugin(() => {
      let calls = 0;
      return {
        ...bce,
        curves: (logit) => ({ positive: logit.neg().softplus().mul(++calls), negative: logit.softplus() }),
      };
    }),
  },
  'tensors agree with JavaScript': {
    'digits that float32 does not have in a later epoch': curves((logit, { epoch }) => ({
      positive: logit.neg().softplus(),
      negative: epoch < 10 ? logit.softplus() : logit.softplus().add(1e5).sub(1e5),
    })),
    'digits that float32 does not have': curves((logit) => ({
      positive: logit.neg().softplus(),
      negative: logit.softplus().add(1e5).sub(1e5),
    })),
  },
  'tails are finite in float32: logits of ±80 and ±85': {
    'a power that overflows float32 in a later epoch': curves((logit, { epoch }) => ({
      positive: logit.neg().softplus(),
      negative: epoch < 10 ? logit.softplus() : logit.mul(2).exp().log1p().mul(0.5),
    })),
    'a power that overflows float32 only': curves((logit) => ({
      positive: logit.neg().softplus(),
      negative: logit.mul(2).exp().log1p().mul(0.5),
    })),
  },
  'unknown entries count nothing, also under a logit that is NaN': {
    'weights that are NaN once something is unknown': weighing((batch) => {
      const known = batch.known();
      return known ? tf.mul(ones(batch), tf.log(tf.sub(tf.min(known), 1))) : ones(batch);
    }),
    'weights that make up for what is unknown': weighing((batch) =>
      tf.mul(ones(batch), (batch.examples.length * batch.columns) / Math.max(batch.counts.known, 1)),
    ),
  },
  'batches without positives, of one row and without anything known are fine': {
    'weights divided by the positives of the batch': weighing((batch) => tf.div(ones(batch), tf.sum(batch.targets()))),
  },
  'class weights scale value and gradient': { 'entry weights on a prototype': plugin(() => new Halved()) },
  'the loss is linear in the target': {
    'the target inside a weight': weighing((batch) => tf.sub(1, tf.mul(batch.targets(), 0.5))),
  },
  'the order of the rows changes nothing': {
    'weights by the row': weighing(({ labels }) =>
      tf.broadcastTo(tf.expandDims(tf.range(1, labels.rows + 1), 1), [labels.rows, labels.columns]),
    ),
  },
  'a constant predictor comes to rest where its calibrated value is the prior': {
    'entry weights that the link knows nothing of': plugin(() => ({
      ...bce,
      entryWeights: (batch) => tf.add(1, batch.targets()),
    })),
  },
  'entry weights are finite and at least 0, one per entry, for any labels': {
    'a weight below 0': weighing((batch) => tf.sub(ones(batch), tf.mul(batch.targets(), 2))),
    'a weight per row': weighing(({ labels }) => tf.ones([labels.rows, 1])),
    'divided by the positives': weighing((batch) => tf.div(ones(batch), batch.counts.positives)),
  },
  'it remembers nothing: only a batch loss is saved with a run': {
    'save and load': plugin(() => ({ ...bce, save: () => ({}), load: () => undefined })),
  },
  'no tensor is left behind': { 'tf.keep': weighing((batch) => tf.keep(ones(batch))) },
  'the labels of a batch are not changed': {
    'targets freed': weighing((batch) => {
      batch.targets().dispose();
      return ones(batch);
    }),
    'classes rewritten': weighing((batch) => {
      batch.labels.positives.classes[0]! ^= 1;
      return ones(batch);
    }),
  },
  'the same batch gives the same bits': {
    'a number drawn when it is created': plugin(() => {
      const factor = 1 + Math.random();
      return { ...bce, link: 'none', entryWeights: (batch) => tf.mul(ones(batch), factor) };
    }),
    noise: weighing(({ labels }) => tf.randomUniform([labels.rows, labels.columns])),
  },
};

proven(lossChecks, broken, { 'the inverse link rises, or the loss declares that it has none': 'link-not-monotone' });

test('a batch loss and an unknown dependency are named', async () => {
  const batch = definePlugin({
    kind: 'loss',
    name: 'batch',
    options: strict,
    create: () => ({ kind: 'batch', compute: () => tf.scalar(0) }),
  });
  await expect(lossChecks[1]!.run(batch)).rejects.toThrow('kit-lacks-kind');
  const needy = definePlugin({
    kind: 'loss',
    name: 'needy',
    options: strict,
    inject: [Symbol.for('elsewhere')],
    create: () => bce,
  });
  await expect(lossChecks[1]!.run(needy)).rejects.toThrow('elsewhere');
});

lossConformance({ test, plugin: plugin(() => bce) });
lossConformance({
  test,
  plugin: broken['slopes are the derivatives of the values']!['a detached focus']!,
  except: { 'slopes are the derivatives of the values': 'the focus is detached' },
});
