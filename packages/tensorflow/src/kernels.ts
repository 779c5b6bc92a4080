import type { NativeBackend } from './backend.js';

export function registerKernels(_: NativeBackend): void {}
