import { definePlugin, type Plugin } from '@counterweight/core';

import { myPlugin, options } from './my-plugin.js';

export type { MyPluginOptions } from './my-plugin.js';

const plugin: Plugin<'sampler', typeof options, readonly []> = definePlugin({
  kind: 'sampler',
  name: 'my-plugin',
  options,
  // A plan warns where two strategies change the same thing.
  effects: () => ['example-frequency'],
  create: myPlugin,
});

export default plugin;
