/** The kit on TensorFlow's own engine, where it is installed. */
import { definePlugin, z, type AnyPlugin } from '@counterweight/core';
import { loadEngine } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { describe, test } from 'vitest';

import { lossConformance, mineConformance } from './conformance.js';

const installed = await loadEngine().catch(() => undefined);
if (!installed) console.log('skipped: the kit on the native engine, which is not installed');

const options = z.strictObject({});
const bce: AnyPlugin<'loss'> = definePlugin({
  kind: 'loss',
  name: 'bce',
  options,
  create: () => ({
    kind: 'elementwise',
    curves: (logit) => ({ positive: logit.neg().softplus(), negative: logit.softplus() }),
  }),
});
const everything: AnyPlugin<'sampler'> = definePlugin({
  kind: 'sampler',
  name: 'everything',
  options,
  create: () => ({ kind: 'mine', mine: ({ losses }) => ({ weights: tf.onesLike(losses), denominator: 'kept' }) }),
});

describe.skipIf(!installed)('on the engine', () => {
  lossConformance({ test, plugin: bce });
  mineConformance({ test, plugin: everything });
});
