/** The kit on TensorFlow's own engine, where it is installed. */
import { definePlugin, z, type AnyPlugin } from '@counterweight/core';
import { accelerate, loadEngine } from '@counterweight/tensorflow';
import { optimizerPlugins } from '@counterweight/trainer';
import * as tf from '@tensorflow/tfjs-core';
import { describe, test } from 'vitest';

import {
  batchLossConformance,
  lossConformance,
  mineConformance,
  modelConformance,
  optimizerConformance,
} from './conformance.js';
import { rememberingPlugin, softF1Plugin, twoWayPlugin } from './fixtures/batch-losses.js';
import { smallModelPlugin } from './fixtures/small-model.js';

const installed = await loadEngine().catch(() => undefined);
if (installed) accelerate();
else console.log('skipped: the kit on the native engine, which is not installed');

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
  for (const plugin of [softF1Plugin, twoWayPlugin, rememberingPlugin]) batchLossConformance({ test, plugin });
  modelConformance({ test, plugin: smallModelPlugin() });
  for (const plugin of optimizerPlugins) optimizerConformance({ test, plugin: plugin });
});
