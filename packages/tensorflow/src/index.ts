export { accelerate } from './accelerate.js';
export type { NativeBackend } from './backend.js';
export { findEngine, type InstalledEngine } from './cache.js';
export { BACKEND, type Engine, type LoadOptions, loadEngine, nativeTensorCount } from './engine.js';
export { installEngine, type InstallOptions, type InstallProgress } from './install.js';
