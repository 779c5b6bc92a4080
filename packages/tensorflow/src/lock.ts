import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { errors } from './errors.js';

/** A file of a wheel that the engine needs; `to` is its place in the engine's folder. */
interface LockedMember {
  readonly path: string;
  readonly to: string;
  /** Bytes, unpacked. */
  readonly size: number;
  readonly sha256: string;
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
  /** Of the members, by `to`. */
  readonly libraries: readonly string[];
}

type Lock = Readonly<Record<string, LockedEngine>>;

export const readLock = (): Lock =>
  JSON.parse(readFileSync(new URL('../engine.lock.json', import.meta.url), 'utf8')) as Lock;

/** This machine's kind, as the lock names it. */
export const thisPlatform = (): string => `${process.platform}-${process.arch}`;

/** The lock's entry for a platform. Throws `engine-platform-unsupported`. */
export function lockedEngine(platform = thisPlatform(), lock = readLock()): LockedEngine {
  const entry = lock[platform];
  if (entry === undefined) throw errors['engine-platform-unsupported']({ platform, supported: Object.keys(lock) });
  return entry;
}

/** Names a folder: other bytes, another folder. */
export const lockId = (entry: LockedEngine): string =>
  `tensorflow-${entry.version}-${createHash('sha256').update(JSON.stringify(entry)).digest('hex').slice(0, 12)}`;
