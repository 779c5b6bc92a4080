/** With a real pretrained network: MobileNet v2, as the npm package nsfwjs ships it. */
import { join } from 'node:path';

import { loadEngine, nativeTensorCount } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';

import {
  create,
  descend,
  images,
  inputOf,
  loadState,
  logitsOf,
  mobileNet,
  mode,
  newFolder,
  read,
  stateOf,
} from './fixtures/models.js';
import { readModelFiles } from './read-model.js';

const installed = await loadEngine().catch(() => undefined);
if (!installed) console.log('skipped: a pretrained network, as the native engine is not installed');

const SHAPE = [224, 224, 3];
const input = inputOf(SHAPE, 4);
const counts = () => [tf.memory().numTensors, nativeTensorCount()];

// A step on 224 × 224 pixels takes its time where other work has the cores.
describe.skipIf(!installed)('MobileNet v2', { timeout: 60_000 }, () => {
  let folder: string;
  beforeAll(async () => (folder = await mobileNet()));
  const loadPlain = (from: string) =>
    readModelFiles(from).then((files) => tfl.loadLayersModel({ load: () => Promise.resolve(files) }));

  test('on a grey image its own five classes are what tfjs alone says', async () => {
    const model = await create(folder, { features: 'dense_3', normalise: '0..1' }, input);
    const plain = await loadPlain(folder);
    const grey = tf.fill([1, ...SHAPE], 128);
    const ours = read(() => model.features(grey, mode(false)));
    const theirs = read(() => plain.predict(tf.div(grey, 255)) as tf.Tensor);
    expect(ours).toHaveLength(5);
    ours.forEach((p, i) => expect(p).toBeCloseTo(theirs[i]!, 5));
    expect(Math.max(...ours)).toBeGreaterThan(0.3); // not the uniform answer of a network without its weights
    tf.dispose([grey]);
    plain.dispose();
    model.dispose();
  });

  test('frozen: a few steps train the head alone, the loss falls, nothing is left behind', async () => {
    const model = await create(folder, { features: 'flatten_1', normalise: '0..1' }, input);
    expect(model.parameters.map(({ name, variable }) => [name, variable.shape])).toEqual([
      ['head/kernel', [1280, 4]],
      ['head/bias', [4]],
    ]);
    const x = images(4, SHAPE);
    const targets = tf.tensor2d([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], [4, 4]);
    const before = stateOf(model);
    const losses = [descend(model, x, targets, 0.002)];
    const held = counts();
    for (let i = 0; i < 4; i++) losses.push(descend(model, x, targets, 0.002));
    expect(counts()).toEqual(held);
    losses.slice(1).forEach((loss, i) => expect(loss).toBeLessThan(losses[i]!));
    for (const [name, values] of Object.entries(stateOf(model)))
      expect(
        values.some((value, i) => value !== before[name]![i]),
        name,
      ).toBe(name.startsWith('head/'));
    tf.dispose([x, targets]);
    model.dispose();
  });

  test('fine-tuned: what the file lets train moves, averages too; exported, loaded and restored it gives equal logits', async () => {
    const start = tf.memory().numTensors;
    const options = { features: 'flatten_1', normalise: '0..1', frozen: false };
    const model = await create(folder, options, input);
    const x = images(2, SHAPE);
    const targets = tf.tensor2d([1, 0, 0, 0, 0, 1, 0, 0], [2, 4]);
    const before = stateOf(model);
    descend(model, x, targets, 0.02);
    const held = counts();
    descend(model, x, targets, 0.02);
    descend(model, x, targets, 0.02);
    expect(counts()).toEqual(held);

    const state = stateOf(model);
    const moved = (name: string) => state[name]!.some((value, i) => value !== before[name]![i]);
    // In the file, block 10 and those below are marked untrainable.
    for (const name of [
      'Conv_1/kernel',
      'block_11_depthwise/depthwise_kernel',
      'Conv_1_bn/gamma',
      'Conv_1_bn/moving_mean',
    ])
      expect(moved(`body/${name}`), name).toBe(true);
    for (const name of ['Conv1/kernel', 'block_10_project_BN/gamma', 'block_10_project_BN/moving_variance'])
      expect(moved(`body/${name}`), name).toBe(false);

    const logits = logitsOf(model, x);
    const to = join(newFolder(), 'model');
    await model.export(to);
    const exported = await loadPlain(to);
    read(() => exported.predict(x) as tf.Tensor).forEach((z, i) => expect(z).toBeCloseTo(logits[i]!, 4));
    exported.dispose();

    const second = await create(folder, options, input);
    expect([...second.parameters, ...second.buffers].map(({ name }) => name)).toEqual(Object.keys(state));
    loadState(second, state);
    expect(logitsOf(second, x)).toEqual(logits);

    tf.dispose([x, targets]);
    model.dispose();
    second.dispose();
    expect(tf.memory().numTensors).toBe(start);
  });
});
