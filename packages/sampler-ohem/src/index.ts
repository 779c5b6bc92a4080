import { definePlugin, type Plugin } from '@counterweight/core';

import { ohem } from './ohem.js';
import { options } from './options.js';

export type { OhemOptions } from './options.js';

/** Online hard example mining on label entries (after Shrivastava et al. 2016; 3 to 1 from Liu et al. 2016). */
const plugin: Plugin<'sampler', typeof options, readonly []> = definePlugin({
  kind: 'sampler',
  name: 'ohem',
  options,
  effects: () => ['hard-entries'],
  create: ohem,
});

export default plugin;
