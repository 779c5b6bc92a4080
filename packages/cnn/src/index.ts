import { cnn, mlp } from './plugins.js';

export type { CnnOptions, MlpOptions } from './options.js';
export { cnn, mlp };

/** The plugins `@counterweight/cnn#cnn` and `@counterweight/cnn#mlp`. */
export default [cnn, mlp] as const;
