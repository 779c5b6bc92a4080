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

/** What a process said that failed, and its exit code. */
export class TaskFailure extends Error {
  constructor(
    readonly exit: number,
    said: string,
  ) {
    super(said);
  }
}

/** Does a task in a process of its own. Rejects with a `TaskFailure` where that fails. */
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
  }).catch((error: unknown) => {
    const { code, signal, stderr } = error as { code?: unknown; signal?: string; stderr?: string };
    const how = `${device} ${task} ${typeof code === 'number' ? `ends with ${code}` : `is ended by ${signal ?? String(code)}`}`;
    throw new TaskFailure(typeof code === 'number' ? code : 1, `${stderr ?? ''}${how}`);
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
