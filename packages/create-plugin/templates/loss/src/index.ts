import { definePlugin, type Plugin } from '@counterweight/core';

import { myPlugin, options } from './my-plugin.js';

export type { MyPluginOptions } from './my-plugin.js';

const plugin: Plugin<'loss', typeof options, readonly []> = definePlugin({
  kind: 'loss',
  name: 'my-plugin',
  options,
  // A plan warns where two strategies change the same thing.
  effects: ({ gammaPositive, gammaNegative }) => (gammaPositive + gammaNegative > 0 ? ['focus'] : []),
  create: myPlugin,
});

export default plugin;
