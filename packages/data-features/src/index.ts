import { BASE_FOLDER, definePlugin, LOGGER, RANDOM, type Plugin } from '@counterweight/core';

import { readFeatures } from './features.js';
import { options } from './options.js';
import { unlabelled } from './unlabelled.js';

export { errors } from './errors.js';
export { readFeatures } from './features.js';
export type { Matrix } from './matrix.js';
export { openMatrix } from './open-matrix.js';
export type { FeaturesOptions } from './options.js';

const plugin: Plugin<'dataset', typeof options, readonly [typeof BASE_FOLDER, typeof RANDOM, typeof LOGGER]> =
  definePlugin({
    kind: 'dataset',
    name: 'features',
    options,
    inject: [BASE_FOLDER, RANDOM, LOGGER],
    create: readFeatures,
    inputs: unlabelled,
  });

export default plugin;
