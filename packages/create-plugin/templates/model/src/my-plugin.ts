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
  const mean = variable(input.mean, [input.mean.length], false);
  const deviation = variable(
    input.deviation.map((value) => (value > 0 ? value : 1)),
    [input.deviation.length],
    false,
  );
  const kernel = normals([inputs, hidden], Math.sqrt(2 / inputs), random.fork('hidden'));
  const bias = variable(new Float32Array(hidden), [hidden]);
  const head = {
    kernel: normals([hidden, input.classes], 0.01, random.fork('output')) as tf.Variable<tf.Rank.R2>,
    bias: variable(new Float32Array(input.classes), [input.classes]),
  };
  const parameters: Parameter[] = [
    { name: 'hidden/kernel', variable: kernel, group: 'body', decay: true },
    { name: 'hidden/bias', variable: bias, group: 'body', decay: false },
    { name: 'output/kernel', variable: head.kernel, group: 'head', decay: true },
    { name: 'output/bias', variable: head.bias, group: 'head', decay: false },
  ];
  // What nothing moves, and yet belongs to the network.
  const buffers: Parameter[] = [
    { name: 'mean', variable: mean, group: 'body', decay: false },
    { name: 'deviation', variable: deviation, group: 'body', decay: false },
  ];
  const body = (examples: tf.Tensor): tf.Tensor =>
    tf.tidy(() => {
      const flat = tf.reshape(tf.div(tf.sub(examples, mean), deviation), [-1, inputs]);
      return tf.relu(tf.add(tf.matMul(flat, kernel), bias));
    });
  return {
    parameters,
    buffers,
    head,
    features: (examples, { frozen }) => (frozen.has('body') ? untaped(body)(examples) : body(examples)) as tf.Tensor2D,
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

/** Its gradient stops here: nothing is kept for a body that does not learn. */
const untaped =
  (compute: (x: tf.Tensor) => tf.Tensor) =>
  (x: tf.Tensor): tf.Tensor =>
    tf.customGrad(() => ({ value: compute(x), gradFunc: () => tf.zeros(x.shape) }))(x);

/** From a stream of its own: the same seed gives the same network, whatever else is drawn. */
const normals = (shape: readonly [number, number], deviation: number, random: RandomStream): tf.Variable =>
  variable(
    Float32Array.from({ length: shape[0] * shape[1] }, () => deviation * random.normal()),
    shape,
  );

/** Its tfjs name is left unset: a second network with the same names would throw. */
const variable = (values: ArrayLike<number>, shape: readonly number[], trainable = true): tf.Variable =>
  tf.tidy(() => tf.variable(tf.tensor(Float32Array.from(values), [...shape]), trainable));
