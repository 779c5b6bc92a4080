import { BASE_FOLDER, definePlugin, type Plugin } from '@counterweight/core';

import { myPlugin, myPluginInputs, options } from './my-plugin.js';

export { errors } from './errors.js';
export type { MyPluginOptions } from './my-plugin.js';

const plugin: Plugin<'dataset', typeof options, readonly [typeof BASE_FOLDER]> = definePlugin({
  kind: 'dataset',
  name: 'my-plugin',
  options,
  inject: [BASE_FOLDER],
  create: myPlugin,
  // What `counterweight predict RUN FILE` reads.
  inputs: (_options, { path }) => myPluginInputs(path),
});

export default plugin;
