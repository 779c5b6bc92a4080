/** The residual network against one that tfjs layers builds by hand: our own export would repeat a fault of ours. */
import type { Model } from '@counterweight/core';
import { loadEngine } from '@counterweight/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, expect, test } from 'vitest';

import { createCnn, examples, modeOf } from './fixtures/networks.js';

beforeAll(() => loadEngine());

type Symbolic = tfl.SymbolicTensor;

/** He et al. 2016, figure 3 and table 1, in Keras' words; layers carry our names. */
function reference(model: Model, shape: readonly number[], given: Given): tfl.LayersModel {
  const { bottleneck, stages, width, dense } = given;
  const values = new Map([...model.parameters, ...model.buffers].map(({ name, variable }) => [name, variable]));
  const pending: [tfl.layers.Layer, string[]][] = [];
  const layer = (made: tfl.layers.Layer, x: Symbolic, ...names: string[]): Symbolic => {
    pending.push([made, names]);
    return made.apply(x) as Symbolic;
  };
  const conv = (x: Symbolic, name: string, filters: number, kernelSize: number, strides: number): Symbolic => {
    const y = layer(
      tfl.layers.conv2d({ filters, kernelSize, strides, padding: 'same', useBias: false }),
      x,
      `${name}/kernel`,
    );
    return norm(y, name);
  };
  const norm = (x: Symbolic, name: string): Symbolic => {
    const names = ['scale', 'offset', 'mean', 'variance'].map((part) => `${name}/norm/${part}`);
    return layer(tfl.layers.batchNormalization({ epsilon: 1e-5 }), x, ...names);
  };
  const relu = (x: Symbolic): Symbolic => tfl.layers.reLU().apply(x) as Symbolic;

  const input = tfl.input({ shape: [...shape] });
  const side = Math.max(shape[0]!, shape[1]!);
  let x = conv(input, 'stem', width, side >= 112 ? 7 : 3, side <= 32 ? 1 : 2);
  x = relu(x); // before the pool, as published
  if (side >= 112) x = tfl.layers.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }).apply(x) as Symbolic;
  stages.forEach((blocks, stage) => {
    for (let block = 0; block < blocks; block++) {
      const name = `stage${stage + 1}/block${block + 1}`;
      const [w, stride] = [width * 2 ** stage, block === 0 && stage > 0 ? 2 : 1];
      let y: Symbolic;
      if (bottleneck) {
        y = relu(conv(x, `${name}/conv1`, w, 1, 1));
        y = relu(conv(y, `${name}/conv2`, w, 3, stride));
        y = conv(y, `${name}/conv3`, 4 * w, 1, 1);
      } else {
        y = relu(conv(x, `${name}/conv1`, w, 3, stride));
        y = conv(y, `${name}/conv2`, w, 3, 1);
      }
      const same = stride === 1 && x.shape.at(-1) === y.shape.at(-1);
      const shortcut = same ? x : conv(x, `${name}/shortcut`, y.shape.at(-1)!, 1, stride);
      x = relu(tfl.layers.add().apply([y, shortcut]) as Symbolic);
    }
  });
  x = (dense === 0 ? tfl.layers.globalAveragePooling2d({}) : tfl.layers.flatten()).apply(x) as Symbolic;
  if (dense > 0) x = relu(norm(layer(tfl.layers.dense({ units: dense, useBias: false }), x, 'dense/kernel'), 'dense'));
  const output = layer(tfl.layers.dense({ units: model.head.bias.size }), x, 'output/kernel', 'output/bias');
  const built = tfl.model({ inputs: input, outputs: output });
  for (const [made, names] of pending) made.setWeights(names.map((name) => values.get(name)!));
  const used = new Set(pending.flatMap(([, names]) => names));
  expect([...values.keys()].filter((name) => !used.has(name))).toEqual(['standardise/mean', 'standardise/deviation']);
  return built;
}

interface Given {
  readonly depth: number;
  readonly bottleneck: boolean;
  readonly stages: readonly number[];
  readonly width: number;
  /** Features of the dense layer behind a flattened map; 0: a pooled one and none. */
  readonly dense: number;
}

test.each<[string, readonly number[], Given]>([
  ['18 layers', [16, 13, 3], { depth: 18, bottleneck: false, stages: [2, 2, 2, 2], width: 4, dense: 0 }],
  [
    '14 layers, half of the side',
    [40, 33, 1],
    { depth: 14, bottleneck: false, stages: [1, 2, 2, 1], width: 3, dense: 0 },
  ],
  ['50 layers', [9, 9, 3], { depth: 50, bottleneck: true, stages: [3, 4, 6, 3], width: 2, dense: 0 }],
  ['34 layers, flattened', [17, 17, 1], { depth: 34, bottleneck: false, stages: [3, 4, 6, 3], width: 2, dense: 5 }],
  [
    '10 layers of 224 pixels',
    [224, 224, 3],
    { depth: 10, bottleneck: false, stages: [1, 1, 1, 1], width: 2, dense: 0 },
  ],
])('%s: the logits of the network that tfjs layers builds by hand', (_, shape, given) => {
  const { depth, width, dense } = given;
  const head = dense > 0 ? 'flatten' : 'pooled';
  const model = createCnn(shape, { architecture: 'residual', depth, width, dense, head });
  for (const { name, variable } of model.parameters)
    if (name.endsWith('/scale') || name.endsWith('/offset'))
      tf.tidy(() => {
        variable.assign(tf.add(variable, tf.randomUniform(variable.shape, 0.2, 0.6, 'float32', 3)));
      });
  for (let i = 0; i < 3; i++) tf.tidy(() => void model.features(examples(8, shape, i), modeOf(true)));
  const other = reference(model, shape, given);
  tf.tidy(() => {
    const x = examples(3, shape, 9);
    const [centre, spread] = ['mean', 'deviation'].map(
      (part) => model.buffers.find(({ name }) => name === `standardise/${part}`)!.variable,
    );
    const expected = (other.predict(tf.div(tf.sub(x, centre!), spread!)) as tf.Tensor).dataSync();
    const found = model.classify(model.features(x, modeOf(false))).dataSync();
    const scale = Math.max(...expected.map(Math.abs));
    expect(scale).toBeGreaterThan(0.01);
    found.forEach((z, i) => {
      expect(Math.abs(z - expected[i]!)).toBeLessThan(2e-5 * scale);
    });
  });
  other.dispose();
  model.dispose();
});
