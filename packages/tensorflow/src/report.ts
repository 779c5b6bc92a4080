import { availableParallelism } from 'node:os';

import { isCounterweightError } from '@counterweight/core';

import { enginesFolder, findEngine, type InstalledEngine } from './cache.js';
import { findCompiler } from './compile.js';
import { loadEngine } from './engine.js';
import { lockedEngine, readLock, thisPlatform } from './lock.js';
import { freeRoom, lackingInstructions, NEEDED_NODE, neededRoom, processorName, requireNode } from './machine.js';

/** One line of a diagnosis: what there is beside what the engine needs. */
export interface Finding {
  readonly name: string;
  readonly found: string;
  /** Absent where nothing in particular is needed. */
  readonly needed?: string;
  readonly good: boolean;
}

export interface EngineReport {
  readonly findings: readonly Finding[];
  /** Whether the engine is installed and loads. */
  readonly good: boolean;
  readonly engine: InstalledEngine | undefined;
}

/** Looks at the machine and, where the engine is installed, loads it. Throws nothing: what is wrong is a finding. */
export async function engineReport(): Promise<EngineReport> {
  const platform = thisPlatform();
  const entry = readLock()[platform];
  const engine = entry && findEngine();
  const loading = engine && (await load());
  const findings = [
    { name: 'node', found: process.versions.node, needed: `${NEEDED_NODE} or newer`, good: isFine(requireNode) },
    { name: 'platform', found: platform, needed: Object.keys(readLock()).join(', '), good: entry !== undefined },
    processor(),
    await compiler(engine !== undefined),
    ...(entry && !engine ? [await room(neededRoom(entry))] : []),
    { name: 'engine', found: engine?.folder ?? 'not installed', good: engine !== undefined },
    ...(loading ? [loading] : []),
    threads(),
    oneDnn(),
  ];
  return { findings, good: engine !== undefined && loading?.good === true, engine };
}

async function load(): Promise<Finding> {
  const needed = lockedEngine().version;
  try {
    const { backend } = await loadEngine();
    const found = `${backend.binding.TF_Version} on ${backend.isUsingGpuDevice ? 'GPU' : 'CPU'}`;
    return { name: 'tensorflow', found, needed, good: backend.binding.TF_Version === needed };
  } catch (error) {
    const found = isCounterweightError(error) ? error.found : String(error);
    return { name: 'tensorflow', found, needed, good: false };
  }
}

function processor(): Finding {
  const lacking = lackingInstructions();
  const found = lacking.length > 0 ? `${processorName()}, without ${lacking.join(', ')}` : processorName();
  return { name: 'processor', found, ...(process.arch === 'x64' && { needed: 'AVX' }), good: lacking.length === 0 };
}

/** Needed once only: without one, an engine that is there goes on working. */
async function compiler(installed: boolean): Promise<Finding> {
  const found = await findCompiler();
  const needed = installed ? 'none any more' : 'C++17';
  return { name: 'compiler', found: found?.version ?? 'none', needed, good: installed || found !== undefined };
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
