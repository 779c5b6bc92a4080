import type { Model, RandomStream } from '@counterweight/core';
import * as tf from '@tensorflow/tfjs-core';

import { normals } from './initialise.js';
import { exportedAs, exportedInSequence, kernel, type Layer, undecayed, variable } from './layer.js';
import { writeLayersModel } from './layers-model.js';

/** Deviation of the last kernel at the start: logits begin close to the output bias. */
const HEAD_DEVIATION = 0.01;

/** A model of a body, which ends in features, and a linear head. The bias starts at 0: whoever knows the loss sets it. */
export function network(body: Layer, input: readonly number[], classes: number, random: RandomStream): Model {
  const features = body.output[0] ?? 1;
  const head = {
    kernel: variable(normals(features * classes, HEAD_DEVIATION, random.fork('output')), [features, classes]),
    bias: variable(new Float32Array(classes), [classes]),
  };
  const output = {
    exported: exportedAs(
      'output',
      'Dense',
      { units: classes, use_bias: true },
      { kernel: () => head.kernel, bias: () => head.bias },
    ),
  };
  const parameters = [
    ...body.parameters,
    kernel('output/kernel', head.kernel, 'head'),
    undecayed('output/bias', head.bias, 'head'),
  ];
  return {
    parameters,
    buffers: body.buffers,
    head,
    features: (inputs, mode) =>
      tf.tidy(() =>
        mode.frozen.has('body')
          ? withoutGradient(inputs, (x) => body.forward(x, { ...mode, training: false }))
          : body.forward(inputs, mode),
      ) as tf.Tensor2D,
    classify: (inputs) => tf.tidy(() => tf.add(tf.matMul(inputs, head.kernel as tf.Variable<tf.Rank.R2>), head.bias)),
    export: (folder) => writeLayersModel(folder, input, exportedInSequence([body, output])),
    dispose: () => {
      for (const { variable } of [...parameters, ...body.buffers]) variable.dispose();
    },
  };
}

/** Nothing inside is taped, so nothing is kept for a gradient that nobody asks for. */
function withoutGradient(x: tf.Tensor, compute: (x: tf.Tensor) => tf.Tensor): tf.Tensor {
  return tf.customGrad(() => ({ value: compute(x), gradFunc: () => tf.zeros(x.shape) }))(x);
}
