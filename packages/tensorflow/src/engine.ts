import { createRequire } from 'node:module';

import * as tf from '@tensorflow/tfjs-core';

import type { NativeBackend } from './backend.js';
import { findEngine, engineFolder, type InstalledEngine } from './cache.js';
import { errors } from './errors.js';
import { registerKernels } from './kernels.js';
import { lockedEngine } from './lock.js';
import { requireNode, requireProcessor } from './machine.js';
import { type Redirection, withQuietStandardError } from './quiet.js';

/** tfjs' name of the backend. */
export const BACKEND = 'tensorflow';
/** Above tfjs' own backends (cpu has 1, webgl 2). */
const PRIORITY = 3;

export interface LoadOptions {
  /** Threads within one operation; default: TensorFlow's own, one per core. Bits differ with it. Only the first load in a process sets it. */
  readonly threads?: number;
}

/** The loaded engine. */
export interface Engine extends InstalledEngine {
  readonly backend: NativeBackend;
}

interface Vendored {
  NodeJSKernelBackend: new (binding: unknown, packageName: string) => NativeBackend;
  nodeFileSystemRouter: Parameters<typeof tf.io.registerLoadRouter>[0];
}

const require = createRequire(import.meta.url);

/**
 * Loads the installed engine and makes it tfjs' backend, with tfjs' gradients and our kernels registered; again: does nothing.
 * Throws `engine-missing`, `engine-load-failed`, `engine-platform-unsupported`, `engine-node-too-old`, `engine-processor-too-old`.
 */
export async function loadEngine(options: LoadOptions = {}): Promise<Engine> {
  const entry = lockedEngine();
  requireNode();
  const installed = findEngine();
  if (installed === undefined) throw errors['engine-missing']({ folder: engineFolder(entry) });
  if (!(BACKEND in tf.engine().registryFactory)) {
    await import('@tensorflow/tfjs-layers'); // registers tfjs' gradients: tfjs-core alone has none
    register(installed, options);
  }
  await tf.setBackend(BACKEND);
  return { ...installed, backend: tf.backend() as unknown as NativeBackend };
}

function register(installed: InstalledEngine, { threads }: LoadOptions): void {
  requireProcessor();
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2'; // errors only
  if (threads !== undefined) process.env['TF_NUM_INTRAOP_THREADS'] = String(threads);
  const backend = create(installed);
  tf.registerBackend(BACKEND, () => backend.instance, PRIORITY);
  tf.io.registerLoadRouter(backend.router);
  tf.io.registerSaveRouter(backend.router);
  registerKernels(backend.instance, BACKEND);
}

function create({ backendModule, standardErrorModule, folder }: InstalledEngine) {
  try {
    const { redirect } = require(standardErrorModule) as Redirection;
    const { NodeJSKernelBackend, nodeFileSystemRouter } = require('../vendor/tfjs-node-gpu.cjs') as Vendored;
    const binding: unknown = withQuietStandardError(redirect, (): unknown => require(backendModule));
    // The package's name makes the backend ask for a device; without one it is TensorFlow's CPU.
    return { instance: new NodeJSKernelBackend(binding, '@tensorflow/tfjs-node-gpu'), router: nodeFileSystemRouter };
  } catch (error) {
    throw errors['engine-load-failed']({ reason: error instanceof Error ? error.message : String(error), folder });
  }
}

/** The loaded backend. Throws `engine-missing` when another backend is current: `loadEngine` comes first. */
export function nativeBackend(): NativeBackend {
  if (tf.getBackend() !== BACKEND) throw errors['engine-missing']({ folder: engineFolder(lockedEngine()) });
  return tf.backend() as unknown as NativeBackend;
}

/** Tensors that TensorFlow holds, including those that `tf.memory()` does not see: for finding leaks. */
export const nativeTensorCount = (): number => nativeBackend().getNumOfTFTensors();
