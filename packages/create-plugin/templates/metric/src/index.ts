import { definePlugin, type Plugin } from '@counterweight/core';

import { myPlugin, options } from './my-plugin.js';

const plugin: Plugin<'metric', typeof options, readonly []> = definePlugin({
  kind: 'metric',
  name: 'my-plugin',
  options,
  create: myPlugin,
});

export default plugin;
