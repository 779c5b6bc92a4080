import { definePlugin, INPUT, RANDOM, type Plugin } from '@counterweight/core';

import { errors } from './errors.js';
import { mlp as mlpBody } from './mlp.js';
import { network } from './network.js';
import { cnnOptions, mlpOptions } from './options.js';
import { plain } from './plain.js';
import { residual } from './residual.js';

type Injected = readonly [typeof INPUT, typeof RANDOM];

/**
 * A convolutional network for images of any size and number of channels.
 * @throws input-not-image: the data set holds feature vectors
 */
export const cnn: Plugin<'model', typeof cnnOptions, Injected> = definePlugin({
  kind: 'model',
  name: 'cnn',
  options: cnnOptions,
  inject: [INPUT, RANDOM],
  create: (options, input, random) => {
    if (input.shape.length !== 3) throw errors['input-not-image']({ shape: input.shape });
    const body = options.architecture === 'plain' ? plain(options, input, random) : residual(options, input, random);
    return network(body, input.shape, input.classes, random);
  },
});

/** A linear model, or a network with hidden layers, for feature vectors; images are flattened. */
export const mlp: Plugin<'model', typeof mlpOptions, Injected> = definePlugin({
  kind: 'model',
  name: 'mlp',
  options: mlpOptions,
  inject: [INPUT, RANDOM],
  create: (options, input, random) => network(mlpBody(options, input, random), input.shape, input.classes, random),
});
