export { createPlugin, type CreatedPlugin, type CreatePluginOptions } from './create-plugin.js';
export { errors } from './errors.js';
export { KINDS, type PluginKind } from './kinds.js';
