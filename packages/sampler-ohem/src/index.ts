import { definePlugin, type Plugin } from '@counterweight/core';

import { ohemExamples } from './examples.js';
import { examplesOptions } from './examples-options.js';
import { ohem } from './ohem.js';
import { options } from './options.js';

export type { OhemExamplesOptions } from './examples-options.js';
export type { OhemOptions } from './options.js';

/** Online hard example mining on label entries (after Shrivastava et al. 2016; 3 to 1 from Liu et al. 2016). */
const entries: Plugin<'sampler', typeof options, readonly []> = definePlugin({
  kind: 'sampler',
  name: 'ohem',
  options,
  effects: () => ['hard-entries'],
  create: ohem,
});

/** Online hard example mining as published, on whole examples (Shrivastava et al. 2016, without suppression of neighbours). */
const examples: Plugin<'sampler', typeof examplesOptions, readonly []> = definePlugin({
  kind: 'sampler',
  name: 'ohem-examples',
  options: examplesOptions,
  effects: () => ['hard-entries'],
  create: ohemExamples,
});

export { entries as ohem, examples as ohemExamples };

const plugins: readonly [typeof entries, typeof examples] = [entries, examples];

export default plugins;
