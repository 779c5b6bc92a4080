import { z, type Model, type ModelInput, type Parameter, type RandomStream } from '@counterweight/core';
import * as tf from '@tensorflow/tfjs-core';

import { writeLayersFormat } from './layers-format.js';

export const options = z.strictObject({
  hidden: z.int().min(1).max(16_384).default(128).describe('Features of the hidden layer.'),
});
export type MyPluginOptions = z.output<typeof options>;

/**
 * A perceptron with one hidden layer. With x standardised and flattened:
 *
 *     h = relu(x·W + b)        logits = h·V + c
 *
 * W starts with the deviation √(2 / inputs): He et al. 2015, "Delving deep into rectifiers", eq. 10. V starts small, c at 0:
 * the runner then sets c so that every class starts at its prior.
 */
export function myPlugin({ hidden }: MyPluginOptions, input: ModelInput, random: RandomStream): Model {
  const inputs = input.shape.reduce((product, side) => product * side, 1);
  const mean = tf.variable(tf.tensor1d([...input.mean]), false);
  const deviation = tf.variable(tf.tensor1d(input.deviation.map((value) => (value > 0 ? value : 1))), false);
  const kernel = normals([inputs, hidden], Math.sqrt(2 / inputs), random.fork('hidden'));
  const bias = zeros(hidden);
  const head = { kernel: normals([hidden, input.classes], 0.01, random.fork('output')), bias: zeros(input.classes) };
  const parameters: Parameter[] = [
    { name: 'hidden/kernel', variable: kernel, group: 'body', decay: true },
    { name: 'hidden/bias', variable: bias, group: 'body', decay: false },
    { name: 'output/kernel', variable: head.kernel, group: 'head', decay: true },
    { name: 'output/bias', variable: head.bias, group: 'head', decay: false },
  ];
  const buffers: Parameter[] = [
    { name: 'mean', variable: mean, group: 'body', decay: false },
    { name: 'deviation', variable: deviation, group: 'body', decay: false },
  ];
  return {
    parameters,
    buffers,
    head,
    features: (examples) =>
      tf.tidy(() => {
        const flat = tf.reshape(tf.div(tf.sub(examples, mean), deviation), [-1, inputs]);
        return tf.relu(tf.add(tf.matMul(flat, kernel), bias));
      }),
    classify: (features) => tf.tidy(() => tf.add(tf.matMul(features, head.kernel), head.bias)),
    // The same in the words of the tfjs layers format, which has no standardisation: a batch norm without ε is one.
    export: (folder) =>
      writeLayersFormat(folder, input.shape, [
        {
          className: 'BatchNormalization',
          config: { name: 'standardise', epsilon: 0, scale: false, center: false },
          weights: { moving_mean: () => mean, moving_variance: () => tf.square(deviation) },
        },
        { className: 'Reshape', config: { name: 'flat', target_shape: [inputs] }, weights: {} },
        {
          className: 'Dense',
          config: { name: 'hidden', units: hidden, activation: 'relu' },
          weights: { kernel: () => kernel, bias: () => bias },
        },
        {
          className: 'Dense',
          config: { name: 'output', units: input.classes },
          weights: { kernel: () => head.kernel, bias: () => head.bias },
        },
      ]),
    dispose: () => {
      for (const { variable } of [...parameters, ...buffers]) variable.dispose();
    },
  };
}

/** From a stream of its own: the same seed gives the same network, whatever else is drawn. Variables have no tfjs name of ours. */
const normals = (shape: [number, number], deviation: number, random: RandomStream): tf.Variable<tf.Rank.R2> =>
  tf.tidy(() => {
    const values = Float32Array.from({ length: shape[0] * shape[1] }, () => deviation * random.normal());
    return tf.variable(tf.tensor2d(values, shape));
  });

const zeros = (length: number): tf.Variable<tf.Rank.R1> => tf.tidy(() => tf.variable(tf.zeros([length])));
