import { definePlugin, type Plugin } from '@counterweight/core';

import { classPower } from './class-power.js';
import { options } from './options.js';
import { repeatFactor } from './repeat-factor.js';

export { classPower, classProbabilities } from './class-power.js';
export { errors } from './errors.js';
export type { OversampleOptions } from './options.js';
export { classFactors, exampleFactors, repeatFactor } from './repeat-factor.js';

/** Draws the examples of rare classes more often. At many labels per example this cannot help: see the plan of a run. */
const plugin: Plugin<'sampler', typeof options, readonly []> = definePlugin({
  kind: 'sampler',
  name: 'oversample',
  options,
  effects: () => ['example-frequency'],
  create: (chosen) => (chosen.rule === 'repeatFactor' ? repeatFactor(chosen) : classPower(chosen)),
});

export default plugin;
