import { definePlugin, type Plugin } from '@counterweight/core';

import { myPlugin, options } from './my-plugin.js';

export type { MyPluginOptions } from './my-plugin.js';

const plugin: Plugin<'loss', typeof options, readonly []> = definePlugin({
  kind: 'loss',
  name: 'my-plugin',
  options,
  create: myPlugin,
});

export default plugin;
