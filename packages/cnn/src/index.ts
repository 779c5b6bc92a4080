import { cnn, mlp } from './plugins.js';

export type { CnnOptions, MlpOptions } from './options.js';
export { cnn, mlp };

/** `@counterweight/cnn` means the first. */
const plugins: readonly [typeof cnn, typeof mlp] = [cnn, mlp];

export default plugins;
