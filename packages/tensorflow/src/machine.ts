// What the engine needs of the machine, whether or not it is installed yet.
import { existsSync, readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

import { errors } from './errors.js';
import type { LockedWheel } from './lock.js';

export const NEEDED_NODE = '20.19';

/** Throws `engine-node-too-old`. */
export function requireNode(version = process.versions.node): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [neededMajor = 0, neededMinor = 0] = NEEDED_NODE.split('.').map(Number);
  if (major < neededMajor || (major === neededMajor && minor < neededMinor))
    throw errors['engine-node-too-old']({ version, needed: NEEDED_NODE });
}

/** Instructions that TensorFlow's x86-64 wheels use unconditionally and this processor lacks: it would abort while loading. */
export function lackingInstructions(information = processorInformation()): string[] {
  if (process.arch !== 'x64' || information === '') return [];
  const has = new Set(/^flags\s*:\s*(.*)$/m.exec(information)?.[1]?.split(' ') ?? []);
  return ['sse4_2', 'avx'].filter((name) => !has.has(name));
}

/** The processor's name, as the system tells it. */
export const processorName = (information = processorInformation()): string =>
  /^model name\s*:\s*(.*)$/m.exec(information)?.[1] ?? process.arch;

function processorInformation(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
}

/** Throws `engine-processor-too-old`. */
export function requireProcessor(): void {
  const lacking = lackingInstructions();
  if (lacking.length > 0) throw errors['engine-processor-too-old']({ lacking });
}

/** Bytes needed while installing these wheels, one after the other: all that is unpacked, one wheel, and a little for the compiler. */
export const neededRoom = ({ wheels }: { readonly wheels: readonly LockedWheel[] }): number =>
  wheels.flatMap(({ members }) => members).reduce((sum, { size }) => sum + size, 20e6) +
  Math.max(0, ...wheels.map(({ size }) => size));

/** Bytes that this user may still write in a folder, which need not exist yet. */
export async function freeRoom(folder: string): Promise<number> {
  let existing = folder;
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  const { bavail, bsize } = await statfs(existing);
  return bavail * bsize;
}
