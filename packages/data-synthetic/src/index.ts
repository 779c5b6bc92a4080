import { CACHE_FOLDER, definePlugin, LOGGER, RANDOM, type Plugin } from '@counterweight/core';

import { options } from './options.js';
import { synthetic } from './synthetic.js';

export type { SyntheticOptions } from './options.js';
export { synthetic } from './synthetic.js';

const plugin: Plugin<'dataset', typeof options, readonly [typeof RANDOM, typeof LOGGER, typeof CACHE_FOLDER]> =
  definePlugin({
    kind: 'dataset',
    name: 'synthetic',
    options,
    inject: [RANDOM, LOGGER, CACHE_FOLDER],
    create: synthetic,
  });

export default plugin;
