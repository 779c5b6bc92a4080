/** What holds for every network of this package. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Model } from '@counterweight/core';
import { loadEngine } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { loadLayersModel } from '@tensorflow/tfjs-layers'; // registers the gradients
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { examples, modeOf, NETWORKS } from './fixtures/networks.js';

const valuesOf = (tensor: tf.Tensor) => Array.from(tensor.dataSync());
const state = ({ parameters, buffers }: Model) =>
  new Map([...parameters, ...buffers].map(({ name, variable }) => [name, valuesOf(variable)]));

describe.each(['cpu', 'tensorflow'].flatMap((backend) => NETWORKS.map((network) => ({ backend, ...network }))))(
  '$name, on $backend',
  ({ backend, shape, create }) => {
    let folder: string;
    beforeAll(async () => {
      if (backend === 'cpu') await tf.setBackend('cpu');
      else await loadEngine();
      folder = await mkdtemp(join(tmpdir(), 'counterweight-cnn-'));
    });
    afterAll(() => rm(folder, { recursive: true }));

    const logits = (model: Model, mode = modeOf(false)) =>
      tf.tidy(() => valuesOf(model.classify(model.features(examples(4, shape), mode))));
    /** Gradients of a training step, by name. */
    const step = (model: Model, batch: number) => {
      const { value, grads } = tf.variableGrads(
        () => tf.mean(tf.square(model.classify(model.features(examples(batch, shape), modeOf(true))))),
        model.parameters.map(({ variable }) => variable),
      );
      const result = new Map(model.parameters.map(({ name, variable }) => [name, valuesOf(grads[variable.name]!)]));
      tf.dispose([value, grads]);
      return result;
    };
    /** Averages that are not 0 and 1, scales that are not 0. */
    const trained = (seed = 1) => {
      const model = create(seed);
      for (const { name, variable } of model.parameters)
        if (name.endsWith('/scale')) tf.tidy(() => variable.assign(tf.add(variable, 0.5)));
      for (let i = 0; i < 3; i++) tf.tidy(() => void model.features(examples(8, shape, i), modeOf(true)));
      return model;
    };

    test('names are unique, the same in every instance, and the tensors are those of the names', () => {
      const [one, other] = [create(1), create(2)];
      const names = [...one.parameters, ...one.buffers].map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      expect([...other.parameters, ...other.buffers].map(({ name }) => name)).toEqual(names);
      expect(one.parameters.map(({ variable }) => variable.shape)).toEqual(
        other.parameters.map(({ variable }) => variable.shape),
      );
      for (const model of [one, other]) model.dispose();
    });

    test('its state, put by name into an instance of another seed, gives the same logits', () => {
      const [one, other] = [trained(1), create(2)];
      expect(logits(other)).not.toEqual(logits(one));
      const saved = state(one);
      for (const { name, variable } of [...other.parameters, ...other.buffers])
        tf.tidy(() => {
          variable.assign(tf.tensor(saved.get(name)!, variable.shape));
        });
      expect(logits(other)).toEqual(logits(one));
      for (const model of [one, other]) model.dispose();
    });

    test('every parameter gets a gradient, also from a batch of one', () => {
      const model = trained();
      for (const [name, gradient] of step(model, 8))
        expect(gradient.every(Number.isFinite) && gradient.some((slope) => slope !== 0), name).toBe(true);
      expect([...step(model, 1).values()].flat().every(Number.isFinite)).toBe(true);
      model.dispose();
    });

    test('a frozen body runs as in inference, keeps its averages and gets no gradient', () => {
      const model = trained();
      const before = state(model);
      expect(logits(model, modeOf(true, ['body']))).toEqual(logits(model));
      expect(state(model)).toEqual(before);
      const loss = () =>
        tf.mean<tf.Scalar>(tf.square(model.classify(model.features(examples(4, shape), modeOf(true, ['body'])))));
      tf.tidy(() => {
        const { grads } = tf.variableGrads(loss, [model.head.kernel, model.head.bias]);
        expect(
          Object.values(grads)
            .flatMap(valuesOf)
            .some((slope) => slope !== 0),
        ).toBe(true);
        const body = model.parameters.filter(({ group }) => group === 'body');
        for (const { variable } of [...body.slice(0, 1), ...body.slice(-1)])
          expect(() => tf.variableGrads(loss, [variable])).toThrow(/Cannot find a connection/);
      });
      model.dispose();
    });

    test('a step, an inference and a frozen step leave no tensor behind, nor does the model', () => {
      const start = tf.memory().numTensors;
      const model = create();
      const built = tf.memory().numTensors;
      expect(built - start).toBe(model.parameters.length + model.buffers.length);
      const x = examples(4, shape);
      for (let i = 0; i < 3; i++) {
        step(model, 4);
        for (const mode of [modeOf(true), modeOf(false), modeOf(true, ['body'])]) {
          const features = model.features(x, mode); // outside of tidy
          tf.dispose([features, model.classify(features)]);
        }
        expect(tf.memory().numTensors).toBe(built + 1);
      }
      x.dispose();
      model.dispose();
      expect(tf.memory().numTensors).toBe(start);
    });

    test('exported, it is a model of tfjs layers with the same logits', async () => {
      const model = trained();
      const target = await mkdtemp(join(folder, 'run-'));
      await model.export(join(target, 'model'));
      expect(await readdir(target)).toEqual(['model']);
      expect((await readdir(join(target, 'model'))).sort()).toEqual(['model.json', 'weights.bin']);
      const { modelTopology, weightsManifest } = JSON.parse(
        await readFile(join(target, 'model', 'model.json'), 'utf8'),
      ) as { modelTopology: object; weightsManifest: { weights: tf.io.WeightsManifestEntry[] }[] };
      const { buffer } = Uint8Array.from(await readFile(join(target, 'model', 'weights.bin')));
      const loaded = await loadLayersModel({
        load: () => Promise.resolve({ modelTopology, weightSpecs: weightsManifest[0]!.weights, weightData: buffer }),
      });
      const expected = logits(model);
      const found = tf.tidy(() => valuesOf(loaded.predict(examples(4, shape)) as tf.Tensor));
      expect(found.length).toBe(expected.length);
      found.forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i]!, 5);
      });
      loaded.dispose();
      model.dispose();
    });
  },
);
