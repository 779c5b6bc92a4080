import { resolve } from 'node:path';

import { BASE_FOLDER, definePlugin, INPUT, type Plugin } from '@counterweight/core';

import { layersModel } from './network.js';
import { options } from './options.js';

export { errors } from './errors.js';
export type { LayersModelOptions } from './options.js';

/**
 * A pretrained network in tfjs' layers format with a new head, frozen or fine-tuned.
 * @throws layers-model-file-missing and the other codes of `errors`
 */
const plugin: Plugin<'model', typeof options, readonly [typeof INPUT, typeof BASE_FOLDER]> = definePlugin({
  kind: 'model',
  name: 'layers-model',
  options,
  inject: [INPUT, BASE_FOLDER],
  create: ({ folder, ...chosen }, input, base) => layersModel(resolve(base, folder), chosen, input),
});

export default plugin;
