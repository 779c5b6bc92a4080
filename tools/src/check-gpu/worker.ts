// A process holds one device: `node worker.js DEVICE TASK …` does a task on one and writes its result to standard output.
import { argv, stderr, stdout } from 'node:process';

import { isCounterweightError } from '@counterweight/core';
import { accelerate, loadEngine } from '@counterweight/tensorflow';

import { checkReference } from '../check-reference/command.js';
import { computeCases } from './cases.js';
import { holdLaws } from './laws.js';
import type { Device, Task, TaskResults } from './tasks.js';
import { type Architecture, secondsPerStep, trained } from './training.js';

const [device, task, ...rest] = argv.slice(2) as [Device, Task, ...string[]];
const engine = { device, install: false } as const;

const work: { readonly [T in Task]: () => Promise<TaskResults[T]> } = {
  async cases() {
    await loadEngine(engine);
    accelerate();
    return Object.fromEntries(
      Object.entries(computeCases()).map(([name, values]) => [name, Buffer.from(values.buffer).toString('base64')]),
    );
  },
  async laws() {
    await loadEngine(engine);
    accelerate();
    return holdLaws();
  },
  async reference() {
    const lines: string[] = [];
    const tell = (line: string) => void lines.push(line);
    const exit = await checkReference(rest, { prepare: () => loadEngine(engine), out: tell, error: tell });
    return { exit, lines };
  },
  trained: () => trained(rest[0] as Architecture, engine),
  step: () => secondsPerStep(rest[0] as Architecture, engine),
};

try {
  stdout.write(JSON.stringify(await work[task]()));
} catch (error) {
  if (!isCounterweightError(error)) throw error;
  stderr.write(`${error.message}\n`);
  process.exitCode = error.exit;
}
