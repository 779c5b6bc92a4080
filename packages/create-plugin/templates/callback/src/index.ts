import { definePlugin, RUN_FOLDER, type Plugin } from '@counterweight/core';

import { myPlugin, options } from './my-plugin.js';

export type { MyPluginOptions } from './my-plugin.js';

const plugin: Plugin<'callback', typeof options, readonly [typeof RUN_FOLDER]> = definePlugin({
  kind: 'callback',
  name: 'my-plugin',
  options,
  inject: [RUN_FOLDER],
  create: myPlugin,
});

export default plugin;
