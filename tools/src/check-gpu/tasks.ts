// What a worker does, as its parent asks for it.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import type { Results } from './cases.js';
import type { Laws } from './laws.js';
import type { Trained } from './training.js';

export type Device = 'cpu' | 'gpu';

export interface TaskResults {
  /** Base64 of the bytes of float32 arrays. */
  readonly cases: Readonly<Record<string, string>>;
  readonly laws: Laws;
  readonly reference: { readonly exit: number; readonly lines: readonly string[] };
  readonly trained: Trained;
  /** Seconds. */
  readonly step: number;
}
export type Task = keyof TaskResults;

/** Built: Node runs no TypeScript. */
const WORKER = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../dist/tools/src/check-gpu/worker.js' : 'worker.js', import.meta.url),
);

/** Does a task in a process of its own. Rejects with what the process said where it fails. */
export async function perform<T extends Task>(
  device: Device,
  task: T,
  rest: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<TaskResults[T]> {
  const env = { ...process.env, ...environment };
  const { stdout } = await promisify(execFile)(process.execPath, [WORKER, device, task, ...rest], {
    env,
    maxBuffer: 2 ** 28,
  });
  return JSON.parse(stdout) as TaskResults[T];
}

export const arraysOf = (cases: TaskResults['cases']): Results =>
  Object.fromEntries(
    Object.entries(cases).map(([name, text]) => {
      const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
      return [name, new Float32Array(bytes.buffer)];
    }),
  );
