import { createRequire } from 'node:module';

import { isCounterweightError } from '@counterweight/core';
import * as tf from '@tensorflow/tfjs-core';

import { attributeMakers } from './attributes.js';
import type { NativeBackend } from './backend.js';
import { findEngine, engineFolder, type InstalledEngine } from './cache.js';
import { chooseDevice, type DeviceChoice, type DeviceRequest, unusedGpu } from './device.js';
import { withDevice } from './device-environment.js';
import { errors } from './errors.js';
import { type InstallWatcher, installWatched } from './install-watched.js';
import { registerKernels } from './kernels.js';
import { requireLoadable } from './loadable.js';
import { lockedEngine } from './lock.js';
import { requireNode, requireProcessor } from './machine.js';
import { passOn, type Redirection, withQuietStandardError } from './quiet.js';

/** tfjs' name of the backend. */
export const BACKEND = 'tensorflow';
/** Above tfjs' own backends (cpu has 1, webgl 2). */
const PRIORITY = 3;

/** Only the first load in a process decides. */
export interface LoadOptions {
  /** `auto`, the default, takes a GPU where one fits. Bits differ between devices. */
  readonly device?: DeviceRequest;
  /** Threads within one operation; default: TensorFlow's own, one per core. Bits differ with it. */
  readonly threads?: number;
  /** Whether an engine that is missing is installed; default false: `engine-missing`. */
  readonly install?: boolean;
  /** Told of an installation as it happens; without it nothing is. */
  readonly watcher?: InstallWatcher;
  /** Called with what is chosen, before anything is fetched or loaded; again where it turns out that the GPU cannot be used. */
  readonly onChoice?: (choice: DeviceChoice) => void;
}

/** The loaded engine. `device` tells which one it is; what computes is the choice's. */
export interface Engine extends InstalledEngine {
  readonly backend: NativeBackend;
  readonly choice: DeviceChoice;
}

interface Vendored {
  NodeJSKernelBackend: new (binding: unknown, packageName: string) => NativeBackend;
  nodeFileSystemRouter: Parameters<typeof tf.io.registerLoadRouter>[0];
}

const require = createRequire(import.meta.url);

let loading: Promise<Engine> | undefined;

/**
 * Loads the engine of a device and makes it tfjs' backend, with tfjs' gradients and our kernels registered; again: does nothing.
 * Throws `engine-missing`, `engine-load-failed`, `engine-platform-unsupported`, `engine-node-too-old`, `engine-processor-too-old`;
 * `gpu-unusable` and `gpu-not-taken` where a GPU is asked for, `engine-other-device`; with `install` what `installEngine` throws.
 */
export async function loadEngine(options: LoadOptions = {}): Promise<Engine> {
  const { device = 'auto' } = options;
  loading ??= open(options).catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  const engine = await loading;
  const { device: loaded } = engine.choice;
  if (device !== 'auto' && device !== loaded) throw errors['engine-other-device']({ loaded, asked: device });
  await tf.setBackend(BACKEND);
  return engine;
}

async function open(options: LoadOptions): Promise<Engine> {
  requireNode();
  if (BACKEND in tf.engine().registryFactory) return await loadedElsewhere();
  const { installed, choice: chosen } = await installedFor(options);
  await import('@tensorflow/tfjs-layers'); // registers tfjs' gradients: tfjs-core alone has none
  requireProcessor();
  requireLoadable(installed);
  if (options.threads !== undefined) process.env['TF_NUM_INTRAOP_THREADS'] = String(options.threads);
  const { backend, router, said } = create(installed, chosen);
  const choice = verified(backend, chosen, said, options);
  if (choice === chosen) passOn(said);
  else options.onChoice?.(choice);
  tf.registerBackend(BACKEND, () => backend, PRIORITY);
  tf.io.registerLoadRouter(router);
  tf.io.registerSaveRouter(router);
  registerKernels(backend, BACKEND);
  return { ...installed, backend, choice };
}

/** By another copy of this package, of which tfjs knows but we do not. */
async function loadedElsewhere(): Promise<Engine> {
  await tf.setBackend(BACKEND);
  const backend = tf.backend() as unknown as NativeBackend;
  const device = backend.isUsingGpuDevice ? 'gpu' : 'cpu';
  const installed = findEngine(device);
  if (!installed) throw errors['engine-missing']({ folder: engineFolder(lockedEngine(device)), device });
  return { ...installed, backend, choice: { device, reason: 'loaded before' } };
}

/** The engine to load. One for a GPU that cannot be installed leaves the processor's, unless the GPU was asked for. */
async function installedFor(options: LoadOptions): Promise<{ installed: InstalledEngine; choice: DeviceChoice }> {
  const { device: request = 'auto', install = false, onChoice, watcher } = options;
  const obtain = async (choice: DeviceChoice) => {
    const { device } = choice;
    onChoice?.(choice);
    if (!install && !findEngine(device))
      throw errors['engine-missing']({ folder: engineFolder(lockedEngine(device)), device });
    const installed = await installWatched(device, watcher);
    return { installed, choice };
  };
  const choice = await chooseDevice(request, { install });
  try {
    return await obtain(choice);
  } catch (error) {
    if (request !== 'auto' || !choice.card || !isCounterweightError(error)) throw error;
    const reason = `the engine for GPUs cannot be installed: ${error.code}: ${error.found}`;
    const warning = unusedGpu(choice.card.name, reason, error.remedy ?? 'counterweight engine install --device gpu');
    return obtain({ device: 'cpu', reason, warning });
  }
}

function create({ backendModule, standardErrorModule, folder }: InstalledEngine, choice: DeviceChoice) {
  try {
    const { redirect } = require(standardErrorModule) as Redirection;
    const { NodeJSKernelBackend, nodeFileSystemRouter } = require('../vendor/tfjs-node-gpu.cjs') as Vendored;
    const { value: binding, said } = withDevice(choice, () =>
      withQuietStandardError(redirect, (): unknown => require(backendModule)),
    );
    // The package's name makes the backend ask for a device; without one it is TensorFlow's CPU.
    return {
      backend: new NodeJSKernelBackend(binding, '@tensorflow/tfjs-node-gpu'),
      router: nodeFileSystemRouter,
      said,
    };
  } catch (error) {
    throw errors['engine-load-failed']({ reason: error instanceof Error ? error.message : String(error), folder });
  }
}

/** What computes in the end. A GPU that TensorFlow does not take, though it should, is told with its own words. */
function verified(
  backend: NativeBackend,
  choice: DeviceChoice,
  said: readonly string[],
  { device: request = 'auto' }: LoadOptions,
): DeviceChoice {
  const { card } = choice;
  if (!card) return choice;
  if (backend.isUsingGpuDevice) {
    requireComputing(backend, card.name);
    return choice;
  }
  const words = said.length === 0 ? 'nothing' : said.join('\n');
  if (request === 'gpu') throw errors['gpu-not-taken']({ card: card.name, words });
  const reason = `TensorFlow does not take it and says: ${words}`;
  return { device: 'cpu', reason, warning: unusedGpu(card.name, reason, 'counterweight doctor') };
}

/** One product: a kernel that the card cannot run shows itself now, not an hour later. */
function requireComputing({ binding }: NativeBackend, card: string): void {
  const input = binding.createTensor([2], binding.TF_FLOAT, Float32Array.of(2, 3));
  try {
    const [product] = binding.executeOp('Mul', [attributeMakers(binding).float32()], [input, input], 1);
    const [four, nine] = binding.tensorDataSync(product!.id);
    binding.deleteTensor(product!.id);
    if (four !== 4 || nine !== 9) throw new Error(`2² = ${four}, 3² = ${nine}`);
  } catch (error) {
    throw errors['gpu-not-taken']({ card, words: error instanceof Error ? error.message : String(error) });
  } finally {
    binding.deleteTensor(input);
  }
}

/** The loaded backend. Throws `engine-missing` when another backend is current: `loadEngine` comes first. */
export function nativeBackend(): NativeBackend {
  if (tf.getBackend() !== BACKEND)
    throw errors['engine-missing']({ folder: engineFolder(lockedEngine()), device: 'cpu' });
  return tf.backend() as unknown as NativeBackend;
}

/** Tensors that TensorFlow holds, including those that `tf.memory()` does not see: for finding leaks. */
export const nativeTensorCount = (): number => nativeBackend().getNumOfTFTensors();
