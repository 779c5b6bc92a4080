import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

import {
  resolvedRun,
  RUN_FILES,
  runEvent,
  runMetrics,
  testExamples,
  type ResolvedRun,
  type RunEvent,
  type RunMetrics,
  type TestExamples,
} from '@counterweight/core';

import { errors } from './errors.js';
import { parseClassTable, type ClassRow } from './per-class.js';

export type EpochRecord = Extract<RunEvent, { type: 'epoch' }>;

/** A run folder, read and checked. */
export interface Run {
  /** The folder's own name, unless another was given. */
  readonly name: string;
  readonly folder: string;
  /** As given, YAML. */
  readonly manifest: string;
  readonly resolved: ResolvedRun;
  readonly metrics: RunMetrics;
  /** In the order of training. */
  readonly epochs: readonly EpochRecord[];
  readonly warnings: readonly string[];
  /** Why training stopped before its last epoch, if it did. */
  readonly stopped?: string;
  readonly perClass: readonly ClassRow[];
  readonly examples: TestExamples;
}

interface Schema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false; error: Problems };
}
interface Problems {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}

/**
 * Reads the folder of a completed run.
 * @throws run-file-missing, run-file-invalid: with the file, for events and classes the line too
 */
export async function readRun(folder: string, name = basename(resolve(folder))): Promise<Run> {
  const events = parseEvents(await read(folder, RUN_FILES.events), join(folder, RUN_FILES.events));
  const last = events.findLast(({ type }) => type === 'end' || type === 'resume'); // one that goes on has not ended
  const end = last?.type === 'end' ? last : undefined;
  const text = (file: string): Promise<string> =>
    read(folder, file, {
      resumable: end === undefined || end.status === 'interrupted',
      ...(end && end.status !== 'done' && { end: [end.status, end.reason].filter(Boolean).join(', ') }),
    });
  const json = async <T>(file: string, schema: Schema<T>): Promise<T> =>
    check(parseJson(await text(file), { file: join(folder, file) }), schema, { file: join(folder, file) });
  return {
    name,
    folder,
    manifest: await text(RUN_FILES.manifest),
    resolved: await json(RUN_FILES.resolved, resolvedRun),
    metrics: await json(RUN_FILES.metrics, runMetrics),
    epochs: events.filter((event) => event.type === 'epoch'),
    warnings: events.filter((event) => event.type === 'warning').map(({ message }) => message),
    ...(end?.status === 'stopped' && { stopped: end.reason ?? 'a callback stopped it' }),
    perClass: parseClassTable(await text(RUN_FILES.perClass), join(folder, RUN_FILES.perClass)),
    examples: await json(RUN_FILES.testExamples, testExamples),
  };
}

async function read(
  folder: string,
  file: string,
  how: { readonly end?: string; readonly resumable?: boolean } = {},
): Promise<string> {
  try {
    return await readFile(join(folder, file), 'utf8');
  } catch (cause) {
    throw errors['run-file-missing']({ folder, file, ...how }, { cause });
  }
}

/** One object a line; half a last one is what a killed writer left. */
function parseEvents(text: string, file: string): RunEvent[] {
  const lines = text.split('\n');
  if (!isJson(lines.at(-1)!)) lines.pop();
  return lines.flatMap((line, i) => {
    const place = { file, line: i + 1 };
    return line.trim() === '' ? [] : [check<RunEvent>(parseJson(line, place), runEvent, place)];
  });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

interface Where {
  readonly file: string;
  readonly line?: number;
}

function parseJson(text: string, place: Where): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : 'not JSON';
    throw errors['run-file-invalid']({ problem, expected: 'JSON' }, { place, cause });
  }
}

function check<T>(value: unknown, schema: Schema<T>, place: Where): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problem = result.error.issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.map(String).join('.') || 'the whole'}: ${message}`)
    .join('; ');
  throw errors['run-file-invalid']({ problem, expected: 'what this version of Counterweight writes' }, { place });
}
