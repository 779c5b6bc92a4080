export { accelerate } from './accelerate.js';
export type { Attribute, NativeBackend, NativeBinding, NativeTensor } from './backend.js';
export { cacheFolder, findEngine, type InstalledEngine } from './cache.js';
export { BACKEND, type Engine, type LoadOptions, loadEngine, nativeTensorCount } from './engine.js';
export { errors } from './errors.js';
export { installEngine, type InstallOptions, type InstallProgress } from './install.js';
export type { Device } from './lock.js';
export { type EngineReport, engineReport, type Finding } from './report.js';
