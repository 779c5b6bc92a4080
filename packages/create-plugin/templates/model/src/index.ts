import { definePlugin, INPUT, RANDOM, type Plugin } from '@counterweight/core';

import { myPlugin, options } from './my-plugin.js';

export type { MyPluginOptions } from './my-plugin.js';

const plugin: Plugin<'model', typeof options, readonly [typeof INPUT, typeof RANDOM]> = definePlugin({
  kind: 'model',
  name: 'my-plugin',
  options,
  // Shape, classes, mean and deviation of the data; a stream of random numbers of the plugin's own.
  inject: [INPUT, RANDOM],
  create: myPlugin,
});

export default plugin;
