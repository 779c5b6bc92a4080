// Compiles the native modules with the machine's C++ compiler; node-gyp and Python play no part.
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { backendSources, type Binding, flags, nodeHeaders, ownSources, searchPath } from './binding.js';
import { errors } from './errors.js';
import type { LockedEngine } from './lock.js';

const run = promisify(execFile);

export interface Compiler {
  /** Program and leading arguments. */
  readonly command: readonly string[];
  /** First line of what it says of itself. */
  readonly version: string;
}

/** `$CXX`, c++, g++ or clang++: the first that runs. */
export async function findCompiler(): Promise<Compiler | undefined> {
  for (const name of candidates()) {
    const command = name.split(/\s+/);
    const [program = '', ...first] = command;
    const output = await run(program, [...first, '--version']).catch(() => undefined);
    if (output !== undefined) return { command, version: output.stdout.split('\n')[0] ?? '' };
  }
  return undefined;
}

/** Programs to try, in order. */
export function candidates(): string[] {
  const chosen = process.env['CXX']?.trim() ?? '';
  return [...(chosen === '' ? [] : [chosen]), 'c++', 'g++', 'clang++'];
}

/** Builds both modules, as `files`, against an unpacked engine. Throws `engine-compilation-failed`. */
export async function compileBinding(
  compiler: Compiler,
  folder: string,
  { libraries }: LockedEngine,
  files: Binding,
): Promise<void> {
  await compile(compiler, [...(await sources(ownSources)), '-o', files.standardErrorModule]);
  await compile(compiler, [
    `-I${join(folder, 'include')}`,
    `-I${dirname(backendSources)}`,
    ...(await sources(backendSources)),
    ...libraries.map((library) => join(folder, library)),
    searchPath,
    '-o',
    files.backendModule,
  ]);
}

const sources = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name.endsWith('.cc')).map((name) => join(folder, name));

async function compile({ command: [program = '', ...first] }: Compiler, rest: readonly string[]): Promise<void> {
  const all = [...first, ...flags, `-I${nodeHeaders()}`, ...rest];
  await run(program, all).catch((error: unknown) => {
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    throw errors['engine-compilation-failed'](
      { command: [program, ...all].join(' '), output: output.trim().split('\n').slice(0, 20).join('\n') },
      { cause: error },
    );
  });
}
