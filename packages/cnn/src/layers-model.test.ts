import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Mode, randomStream } from '@counterweight/core';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { cnn } from './plugins.js';
import { cnnOptions as options } from './options.js';

let folder: string;
beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'counterweight-cnn-'));
});
afterAll(() => rm(folder, { recursive: true }));

const input = { shape: [33, 18, 3], dtype: 'uint8', classes: 4, mean: [90, 100, 110], deviation: [50, 0, 60] } as const;
const pixels = () => {
  const random = randomStream(2);
  return tf.tensor4d(
    Float32Array.from({ length: 5 * 33 * 18 * 3 }, () => random.integer(256)),
    [5, 33, 18, 3],
  );
};

test('the exported model is one of tfjs layers, with the same logits', async () => {
  const random = randomStream(1);
  const model = await cnn.create(options.parse({ widths: [3, 4], dense: 5 }), input, random);
  const mode = (training: boolean): Mode => ({ training, frozen: new Set(), random });
  for (let i = 0; i < 3; i++) tf.tidy(() => model.features(pixels(), mode(true))); // averages that are not 0 and 1
  const target = join(folder, 'run', 'model');
  await model.export(target);
  expect((await readdir(join(folder, 'run'))).sort()).toEqual(['model']);
  expect((await readdir(target)).sort()).toEqual(['model.json', 'weights.bin']);

  const written = JSON.parse(await readFile(join(target, 'model.json'), 'utf8')) as {
    modelTopology: object;
    weightsManifest: { weights: tf.io.WeightsManifestEntry[] }[];
  };
  const bytes = await readFile(join(target, 'weights.bin'));
  const loaded = await loadLayersModel({
    load: () =>
      Promise.resolve({
        modelTopology: written.modelTopology,
        weightSpecs: written.weightsManifest[0]!.weights,
        weightData: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
      }),
  });
  const expected = tf.tidy(() => model.classify(model.features(pixels(), mode(false)))).dataSync();
  const found = tf.tidy(() => loaded.predict(pixels()) as tf.Tensor).dataSync();
  found.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 5);
  });
  loaded.dispose();
  model.dispose();
});

test('an export never replaces one', async () => {
  const model = await cnn.create(options.parse({ widths: [2], dense: 2 }), input, randomStream(1));
  const target = join(folder, 'once');
  await model.export(target);
  const before = await readFile(join(target, 'weights.bin'));
  await expect(model.export(target)).rejects.toThrow();
  expect(await readFile(join(target, 'weights.bin'))).toEqual(before);
  expect((await readdir(folder)).filter((name) => name.startsWith('once'))).toEqual(['once']);
  model.dispose();
});
