import { availableParallelism } from 'node:os';

import { isCounterweightError } from '@counterweight/core';

import { enginesFolder, findEngine, type InstalledEngine } from './cache.js';
import { findCompiler } from './compile.js';
import { chooseDevice, type DeviceChoice } from './device.js';
import { loadEngine } from './engine.js';
import { errors } from './errors.js';
import type { Finding } from './finding.js';
import { findGpus, type GpuSearch } from './gpu.js';
import { gpuFindings } from './gpu-needs.js';
import { loadability } from './loadable.js';
import { type Device, type LockedEngine, lockedEngine, readLock, thisPlatform } from './lock.js';
import { freeRoom, lackingInstructions, NEEDED_NODE, neededRoom, processorName, requireNode } from './machine.js';
import { findPrebuilt, prebuiltFolder } from './prebuilt.js';

export interface EngineReport {
  readonly findings: readonly Finding[];
  /** Whether the engine that would be used is installed and loads. */
  readonly good: boolean;
  /** What to type where it is not good. */
  readonly remedy: string | undefined;
  readonly engine: InstalledEngine | undefined;
  /** What is used where nothing is asked for. */
  readonly choice: DeviceChoice;
}

/** Looks at the machine and, where the engine is installed, loads it. Throws nothing: what is wrong is a finding. */
export async function engineReport(): Promise<EngineReport> {
  const platform = thisPlatform();
  const lock = readLock();
  const search = await findGpus();
  const choice = await chooseDevice('auto', { search });
  const entry = lock[choice.device === 'gpu' ? `${platform}-gpu` : platform];
  const engine = entry && findEngine(choice.device);
  const loaded = engine && (await load());
  const findings = [
    { name: 'node', found: process.versions.node, needed: `${NEEDED_NODE} or newer`, good: isFine(requireNode) },
    { name: 'platform', found: platform, needed: Object.keys(lock).join(', '), good: platform in lock },
    processor(),
    ...gpus(search),
    { name: 'device', found: `${choice.device}: ${choice.reason}`, good: choice.warning === undefined },
    await modules(engine !== undefined),
    ...(entry && !engine ? [await room(neededRoom(entry))] : []),
    ...(['cpu', 'gpu'] as const).flatMap((device) => installed(device, choice, lock)),
    ...(engine ? loadability(engine) : []),
    ...(loaded ? [loaded.finding] : []),
    threads(),
    oneDnn(),
  ];
  const elsewhere = errors['engine-platform-unsupported']({ platform, supported: [] }).remedy;
  const remedy = loaded ? loaded.remedy : entry ? install(choice.device) : elsewhere;
  return { findings, good: loaded?.finding.good === true, remedy, engine, choice };
}

/** Each card with what it lacks, and why the driver does not tell. */
function gpus({ cards, hidden, problem }: GpuSearch): readonly Finding[] {
  const silent: Finding[] =
    problem === undefined ? [] : [{ name: 'gpu', found: problem, needed: 'nvidia-smi lists the cards', good: false }];
  const none = hidden > 0 ? `CUDA_VISIBLE_DEVICES hides ${hidden}` : 'none';
  return cards.length + silent.length === 0
    ? [{ name: 'gpu', found: none, good: true }]
    : [...silent, ...cards.flatMap(gpuFindings)];
}

/** The engine of a device that this platform has; one that would not be used need not be there. */
function installed(device: Device, choice: DeviceChoice, lock: Readonly<Record<string, LockedEngine>>): Finding[] {
  const name = device === 'cpu' ? 'engine' : 'gpu engine';
  if (!((device === 'cpu' ? thisPlatform() : `${thisPlatform()}-gpu`) in lock)) return [];
  const engine = findEngine(device);
  const isNeeded = choice.device === device;
  const found = engine?.folder ?? `not installed${isNeeded ? '' : ', not needed'}`;
  return [{ name, found, good: engine !== undefined || !isNeeded }];
}

const install = (device: Device): string =>
  `counterweight engine install${device === 'gpu' ? ' --device gpu' : ''}, or just a run: it installs too`;
const DRIVER_LIBRARY =
  'NVIDIA’s driver library (libcuda.so.1) where TensorFlow finds it; a container gets it by docker run --gpus all. --device cpu does without the GPU';

async function load(): Promise<{ finding: Finding; remedy: string | undefined }> {
  const name = 'tensorflow';
  try {
    const { backend, choice, version: needed } = await loadEngine();
    const on = choice.card ? `GPU (${choice.card.name})` : choice.device === 'gpu' ? 'GPU' : 'CPU';
    const good = backend.binding.TF_Version === needed && choice.warning === undefined;
    const found = `${backend.binding.TF_Version} on ${on}${choice.warning === undefined ? '' : `, not on the GPU: ${choice.reason}`}`;
    return {
      finding: { name, found, needed, good },
      remedy: choice.warning === undefined ? undefined : DRIVER_LIBRARY,
    };
  } catch (error) {
    const { found, remedy } = isCounterweightError(error) ? error : { found: String(error), remedy: undefined };
    return { finding: { name, found, needed: lockedEngine().version, good: false }, remedy };
  }
}

function processor(): Finding {
  const lacking = lackingInstructions();
  const found = lacking.length > 0 ? `${processorName()}, without ${lacking.join(', ')}` : processorName();
  return { name: 'processor', found, ...(process.arch === 'x64' && { needed: 'AVX' }), good: lacking.length === 0 };
}

/** What the native modules come from: the package, or a compiler, once. An engine that is there needs neither any more. */
async function modules(isInstalled: boolean): Promise<Finding> {
  const name = 'modules';
  if (isInstalled) return { name, found: 'built', good: true };
  const prebuilt = findPrebuilt(prebuiltFolder());
  if (!('reason' in prebuilt)) return { name, found: 'prebuilt, in the package', good: true };
  const compiler = await findCompiler();
  const found = compiler?.version ?? `prebuilt: ${prebuilt.reason}; no compiler`;
  return { name, found, needed: 'prebuilt ones that load, or a C++17 compiler', good: compiler !== undefined };
}

async function room(needed: number): Promise<Finding> {
  const free = await freeRoom(enginesFolder());
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  return {
    name: 'room',
    found: `${gigabytes(free)} in ${enginesFolder()}`,
    needed: gigabytes(needed),
    good: free >= needed,
  };
}

function threads(): Finding {
  const chosen = process.env['TF_NUM_INTRAOP_THREADS'];
  const cores = availableParallelism();
  return {
    name: 'threads',
    found: chosen === undefined ? `${cores}, one per core` : `${chosen} of ${cores}`,
    good: true,
  };
}

/** Intel's kernels: without them training takes 1.7 times as long. */
function oneDnn(): Finding {
  const off = process.env['TF_ENABLE_ONEDNN_OPTS'] === '0';
  return { name: 'oneDNN', found: off ? 'off by TF_ENABLE_ONEDNN_OPTS=0' : 'on', needed: 'on', good: !off };
}

function isFine(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}
