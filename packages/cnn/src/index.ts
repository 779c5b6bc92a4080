import { definePlugin, INPUT, RANDOM, type Plugin } from '@counterweight/core';

import { errors } from './errors.js';
import { network } from './network.js';
import { options } from './options.js';
import { plain } from './plain.js';

export type { CnnOptions } from './options.js';

/**
 * A convolutional network for images of any size and number of channels.
 * @throws input-not-image: the data set holds feature vectors
 */
const plugin: Plugin<'model', typeof options, readonly [typeof INPUT, typeof RANDOM]> = definePlugin({
  kind: 'model',
  name: 'cnn',
  options,
  inject: [INPUT, RANDOM],
  create: (options, input, random) => {
    if (input.shape.length !== 3) throw errors['input-not-image']({ shape: input.shape });
    return network(plain(options, input, random), input.shape, input.classes, random);
  },
});

export default plugin;
