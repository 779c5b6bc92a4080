import '@tensorflow/tfjs-backend-cpu';

import {
  createLoss,
  definePlugin,
  labelsFromRows,
  labelStatistics,
  weighted,
  z,
  type ElementwiseLoss,
} from '@counterweight/core';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';

import { asTfjsLoss } from './as-tfjs-loss.js';
import { batchLabels } from './batch-labels.js';
import { createObjective } from './objective.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const bce: ElementwiseLoss = {
  kind: 'elementwise',
  curves: (logit) => ({ positive: logit.neg().softplus(), negative: logit.softplus() }),
};
const LOGITS = [
  [-30, 2, 0.5],
  [3, -1, 40],
];
const HARD = [
  [1, 0, 0],
  [0, 1, 1],
];

/** Value and gradient of a loss as tfjs' own optimisers ask for them. */
function valueAndGradient(loss: ReturnType<typeof asTfjsLoss>, labels: readonly (readonly number[])[]) {
  return tf.tidy(() => {
    const { value, grad } = tf.valueAndGrad((x) => loss(tf.tensor2d(labels as number[][]), x))(tf.tensor2d(LOGITS));
    return { value: value.dataSync()[0]!, gradient: [...grad.dataSync()] };
  });
}

describe('as a loss of tfjs', () => {
  test.each(['mean', 'sum', 'batch'] as const)(
    'with reduction %s it is the trainer’s, in value and gradient',
    (reduction) => {
      const loss = weighted(bce, { positive: Float64Array.of(3, 1, 0.5) });
      const labels = labelsFromRows([[0], [1, 2]], 3);
      const objective = createObjective({ loss, columns: 3, reduction });
      const batch = batchLabels(labels, Int32Array.of(0, 1), 0);
      const expected = tf.tidy(() => {
        const { value, grad } = tf.valueAndGrad((x) => objective.value(x as tf.Tensor2D, batch))(tf.tensor2d(LOGITS));
        return { value: value.dataSync()[0]!, gradient: [...grad.dataSync()] };
      });
      objective.dispose();
      batch.dispose();
      expect(valueAndGradient(asTfjsLoss(loss, { reduction }), HARD)).toEqual(expected);
    },
  );

  test('unknown entries count nowhere, written as −1 or NaN; soft targets lie between', () => {
    const labels = [
      [-1, 0, 0.25],
      [0, NaN, 1],
    ];
    const { value, gradient } = valueAndGradient(asTfjsLoss(bce), labels);
    const softplus = (x: number): number => Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0);
    const soft = 0.25 * softplus(-0.5) + 0.75 * softplus(0.5);
    expect(value).toBeCloseTo((softplus(2) + soft + softplus(3) + softplus(-40)) / 4, 6);
    expect([gradient[0], gradient[4]]).toEqual([0, 0]);
  });

  test('the gradient is multiplied by what comes from above; no tensor is left', () => {
    const before = tf.memory().numTensors;
    const loss = asTfjsLoss(weighted(bce, { class: Float64Array.of(1, 2, 3) }));
    const [once, thrice] = [1, 3].map((factor) =>
      valueAndGradient((labels, logits) => tf.mul(loss(labels, logits), factor), HARD),
    );
    once!.gradient.forEach((g, i) => {
      expect(thrice!.gradient[i]).toBeCloseTo(3 * g, 6);
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a batch loss is differentiated by tfjs; one with memory is refused', () => {
    const compute = (logits: tf.Tensor2D, batch: { targets(): tf.Tensor2D }) =>
      tf.mean<tf.Scalar>(tf.square(tf.sub(logits, batch.targets())));
    const { value, gradient } = valueAndGradient(asTfjsLoss({ kind: 'batch', compute }), HARD);
    const differences = LOGITS.flatMap((row, i) => row.map((logit, j) => logit - HARD[i]![j]!));
    expect(value).toBeCloseTo(differences.reduce((sum, d) => sum + d * d, 0) / 6, 3);
    differences.forEach((d, i) => {
      expect(gradient[i]).toBeCloseTo(d / 3, 5);
    });
    const save = () => ({});
    expect(() => asTfjsLoss({ kind: 'batch', compute, save, load: save })).toThrow(/needs-loss-without-memory/);
  });

  test('labels of another shape, or that are no labels, are refused by their place', () => {
    expect(() => valueAndGradient(asTfjsLoss(bce), [[1, 0, 0]])).toThrow(/labels \[1, 3\], logits \[2, 3\]/);
    expect(() => valueAndGradient(asTfjsLoss(bce), [HARD[0]!, [0, 2, 0]])).toThrow(/2 at row 1, class index 1/);
  });

  test('curves know the epoch that the caller counts', () => {
    let epoch = 0;
    const growing: ElementwiseLoss = {
      kind: 'elementwise',
      curves: (logit, time) => ({
        positive: logit
          .neg()
          .softplus()
          .mul(1 + time.epoch),
        negative: logit.softplus().mul(1 + time.epoch),
      }),
    };
    const loss = asTfjsLoss(growing, { epoch: () => epoch });
    const first = valueAndGradient(loss, HARD).value;
    epoch = 2;
    expect(valueAndGradient(loss, HARD).value).toBeCloseTo(3 * first, 4);
  });
});

test('LayersModel.fit learns what it learns with tfjs’ own sigmoidCrossEntropy', async () => {
  const inputs = tf.randomNormal([64, 4], 0, 1, 'float32', 1);
  const labels = tf.cast(tf.greater(tf.matMul(inputs, tf.randomNormal([4, 3], 0, 1, 'float32', 2)), 0.5), 'float32');
  const train = async (loss: (labels: tf.Tensor, logits: tf.Tensor) => tf.Scalar) => {
    const kernelInitializer = layers.initializers.glorotUniform({ seed: 3 });
    const model = layers.sequential({
      layers: [layers.layers.dense({ units: 3, inputShape: [4], kernelInitializer })],
    });
    const optimizer = tf.train.sgd(0.5);
    model.compile({ optimizer, loss });
    const { history } = await model.fit(inputs, labels, {
      ...{ epochs: 5, batchSize: 24, shuffle: false, validationSplit: 0.25 },
    });
    const weights = model.getWeights().flatMap((weight) => [...weight.dataSync()]);
    model.dispose();
    optimizer.dispose();
    return { weights, loss: history['loss'] as number[], validation: history['val_loss'] as number[] };
  };
  const before = tf.memory().numTensors;
  const ours = await train(asTfjsLoss(bce));
  expect(tf.memory().numTensors).toBe(before);
  const theirs = await train((y, z) => tf.losses.sigmoidCrossEntropy(y, z));
  const close = (a: readonly number[], b: readonly number[]): void => {
    a.forEach((value, i) => {
      expect(value).toBeCloseTo(b[i]!, 5);
    });
  };
  close(ours.weights, theirs.weights);
  close(ours.loss, theirs.loss);
  close(ours.validation, theirs.validation);
  expect(ours.loss[4]).toBeLessThan(0.8 * ours.loss[0]!);
  tf.dispose([inputs, labels]);
});

test('a loss of a plugin is created with its options, statistics and weights', async () => {
  const plugin = definePlugin({
    kind: 'loss',
    name: 'scaled',
    options: z.strictObject({ factor: z.number().default(2) }),
    weights: { positive: { rule: 'ratio' } },
    create: ({ factor }) => ({
      kind: 'elementwise',
      curves: (logit) => ({ positive: logit.neg().softplus().mul(factor), negative: logit.softplus().mul(factor) }),
    }),
  });
  const labels = labelsFromRows([[0], [], [], [1]], 2);
  const statistics = labelStatistics(labels, Int32Array.of(0, 1, 2, 3));
  const loss = asTfjsLoss(await createLoss(plugin, {}, { statistics }));
  const bare = asTfjsLoss(await createLoss(plugin, { factor: 1 }, { weights: 'none' }));
  const at = (made: typeof loss, y: number) =>
    tf.tidy(() => made(tf.tensor2d([[y, y]]), tf.tensor2d([[1, 1]])).dataSync()[0]!);
  expect(at(loss, 1) / at(bare, 1)).toBeCloseTo(2 * 3, 5);
  expect(at(loss, 0) / at(bare, 0)).toBeCloseTo(2, 5);
});
